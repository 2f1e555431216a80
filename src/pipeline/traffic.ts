import type { PredictionColumns } from '../core/events/batch.ts';
import { FLAG } from '../core/events/batch.ts';
import type { Plan } from '../core/events/plan.ts';
import type { RoutingTable } from '../core/events/routing.ts';
import type { Due, Traffic } from '../core/join/sink.ts';
import { assign, isAsked } from '../core/rollout/assign.ts';
import { shareAt } from '../core/rollout/routing-table.ts';

/** How a replay knows who was served. */
export type TrafficMode = 'simulate' | 'recorded';

/** The routing table in force, as it stands while records are read. */
export interface TableInForce {
  table: RoutingTable | null;
}

/**
 * Traffic of a log in which both arms answered every request: the routing table in force at the
 * event time says whose answer would have been served. Both arms were always asked.
 */
export function simulatedTraffic(inForce: TableInForce): Traffic {
  return {
    served(columns: PredictionColumns, row: number): boolean {
      const { table } = inForce;
      const isCanary = columns.arm === 'canary';
      if (table === null) return !isCanary;
      const atMs = columns.eventTimeMs[row] ?? 0;
      const share = shareAt(table, atMs);
      // The unit is fetched and hashed only where it decides: strings are dear.
      if (share === 0) return !isCanary;
      if (share === 1 && table.boundary === 'request') return isCanary;
      const unitId = table.key === 'unit_id' ? columns.unitId(row) : columns.requestId(row);
      return (
        assign(table, { unitId, atMs, sessionStartMs: columns.sessionStartMs(row) }).arm ===
        columns.arm
      );
    },
    due: () => true,
  };
}

/**
 * Traffic as it was logged. A shadow answer's other half served the user, so it is due; a served
 * one's is due in shadow stages, and in split stages for the share that the plan mirrors.
 */
export function recordedTraffic(
  inForce: TableInForce,
  plan: Pick<Plan, 'mirror'>,
  rolloutId: string,
): Traffic {
  return {
    served: (columns, row) => ((columns.flags[row] ?? 0) & FLAG.shadow) === 0,
    due(columns: PredictionColumns, row: number, served: boolean): boolean {
      if (!served) return true;
      const inShadow =
        inForce.table === null || shareAt(inForce.table, columns.eventTimeMs[row] ?? 0) === 0;
      if (plan.mirror === null) return inShadow;
      return isAsked(plan.mirror[columns.arm], { rolloutId, requestId: columns.requestId(row) });
    },
  };
}

/**
 * Recorded traffic for those who do not know the stage: whether a served answer's other half was
 * due without a mirror depends on the window's stage, which the merger knows.
 */
export function streamTraffic(plan: Pick<Plan, 'mirror'>, rolloutId: string): Traffic {
  return {
    served: (columns, row) => ((columns.flags[row] ?? 0) & FLAG.shadow) === 0,
    due(columns: PredictionColumns, row: number, served: boolean): Due {
      if (!served) return true;
      if (plan.mirror === null) return 'in_shadow';
      return isAsked(plan.mirror[columns.arm], { rolloutId, requestId: columns.requestId(row) });
    },
  };
}
