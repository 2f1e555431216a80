import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { Metric } from '../../core/events/plan.ts';
import { fillMetrics } from './metrics.ts';
import { planShape } from './shape.ts';

const FILE = new URL('../../../schemas/default-plan.yaml', import.meta.url);

/** The default plan as its file has it, comments included. */
export function defaultPlanText(): string {
  return readFileSync(FILE, 'utf8');
}

/** What a rollout without `metrics` is judged by. None of the limits counts as the user's own. */
export function defaultMetrics(): readonly Metric[] {
  const document = planShape.parse(parseDocument(defaultPlanText()).toJS());
  return fillMetrics(document.spec.metrics ?? [], false);
}
