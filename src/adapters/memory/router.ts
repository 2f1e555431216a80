import type { RoutingTable } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { succession } from '../../core/rollout/routing-table.ts';
import type { Router } from '../../pipeline/ports.ts';

/**
 * A router within the process: whoever assigns units reads the table from it.
 *
 * @throws CoalmineError `router_failed` for a table that may not follow the one in force
 */
export function memoryRouter(): Router {
  let inForce: RoutingTable | null = null;
  const apply = (table: RoutingTable): void => {
    const next = succession(inForce, table);
    if (next.kind === 'refused') {
      throw new CoalmineError('router_failed', `the routing table was refused: ${next.reason}`);
    }
    if (next.kind === 'apply') inForce = structuredClone(table);
  };
  return {
    apply: async (table) => await Promise.resolve().then(() => apply(table)),
    read: async () => await Promise.resolve(inForce),
  };
}
