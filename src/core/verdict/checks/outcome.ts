import type { OutcomeMetric } from '../../events/plan.ts';
import {
  type AbsoluteFloorState,
  absoluteFloorFinding,
  initialAbsoluteFloor,
  updateAbsoluteFloor,
} from './absolute-floor.ts';
import type { CheckKind } from './check.ts';
import { type FloorState, floorFinding, initialFloor, updateFloor } from './floor.ts';
import {
  initialLabelLoss,
  type LabelLossState,
  labelLossFinding,
  updateLabelLoss,
} from './label-loss.ts';
import {
  initialValueFloor,
  updateValueFloor,
  type ValueFloorState,
  valueFloorFinding,
} from './value-floor.ts';

export interface OutcomeState {
  readonly type: 'outcome';
  readonly rule: LabelLossState | FloorState | AbsoluteFloorState | ValueFloorState;
}

/** What happened later: scored by loss where labels reach every arm, else by a floor on what was served. */
export const outcomeCheck: CheckKind<OutcomeMetric, OutcomeState> = {
  type: 'outcome',
  nature: 'harm',
  triggers: (metric) => metric.onFail === 'rollback',
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1),
  init(metric) {
    if (metric.attribution === 'label') return { type: 'outcome', rule: initialLabelLoss() };
    if (metric.of === 'value') return { type: 'outcome', rule: initialValueFloor() };
    const absolute = metric.floor !== null && metric.relativeTo === null;
    return { type: 'outcome', rule: absolute ? initialAbsoluteFloor() : initialFloor() };
  },
  update(state, metric, input) {
    const { rule } = state;
    switch (rule.type) {
      case 'labelLoss':
        return { type: 'outcome', rule: updateLabelLoss(rule, metric, input) };
      case 'floor':
        return { type: 'outcome', rule: updateFloor(rule, metric, input) };
      case 'absoluteFloor':
        return { type: 'outcome', rule: updateAbsoluteFloor(rule, metric, input) };
      case 'valueFloor':
        return { type: 'outcome', rule: updateValueFloor(rule, metric, input) };
    }
  },
  result(state, metric, input) {
    const { rule } = state;
    switch (rule.type) {
      case 'labelLoss':
        return labelLossFinding(rule, metric, input);
      case 'floor':
        return floorFinding(rule, metric, input);
      case 'absoluteFloor':
        return absoluteFloorFinding(rule, metric, input);
      case 'valueFloor':
        return valueFloorFinding(rule, metric, input);
    }
  },
};
