/** One loop of the service: it turns again and again, even when there is nothing to do. */
export interface LoopFacts {
  readonly name: string;
  /** Processing time at which its last turn ended; null before the first. */
  readonly turnedAtMs: number | null;
  /** Why it ended, when it did and should not have. */
  readonly failure: string | null;
}

/** What the service knows of itself when it is asked. */
export interface ServiceFacts {
  readonly nowMs: number;
  readonly startedAtMs: number;
  /** A loop that did not turn for so long is stuck. */
  readonly stuckAfterMs: number;
  readonly loops: readonly LoopFacts[];
  /** Consumer groups, and whether this process was given its share (which may be none). */
  readonly groups: readonly { readonly name: string; readonly isAssigned: boolean }[];
  /** Compacted topics, and whether each was read to its end once. */
  readonly tables: readonly { readonly name: string; readonly isRead: boolean }[];
  /** The schema registry answered the last question that it was asked. */
  readonly isRegistryAnswering: boolean;
  readonly isStopping: boolean;
}

/** An answer to a probe: the checks behind it, and what is wrong, a line each. */
export interface Health {
  readonly isOk: boolean;
  readonly checks: readonly { readonly name: string; readonly problem: string | null }[];
}

/**
 * Whether the process is alive: every loop turns. A broker that is away stops no loop, so a restart
 * is asked for only when it could help.
 *
 * @example liveness(facts of a loop that turned a second ago).isOk // true
 */
export function liveness(facts: ServiceFacts): Health {
  return healthOf(
    facts.loops.map((loop) => ({ name: loop.name, problem: loopProblem(loop, facts) })),
  );
}

/**
 * Whether the process does its share: it has joined its groups, read its tables and the registry answers.
 * Lag is no reason to be taken out: nobody else would catch up.
 */
export function readiness(facts: ServiceFacts): Health {
  const { groups, tables, isRegistryAnswering, isStopping } = facts;
  return healthOf([
    { name: 'running', problem: isStopping ? 'it is stopping' : null },
    ...groups.map(({ name, isAssigned }) => ({
      name: `group ${name}`,
      problem: isAssigned ? null : 'not assigned yet',
    })),
    ...tables.map(({ name, isRead }) => ({
      name: `table ${name}`,
      problem: isRead ? null : 'not read yet',
    })),
    { name: 'schema registry', problem: isRegistryAnswering ? null : 'it does not answer' },
  ]);
}

function loopProblem(loop: LoopFacts, facts: ServiceFacts): string | null {
  if (loop.failure !== null) return loop.failure;
  const silentMs = facts.nowMs - (loop.turnedAtMs ?? facts.startedAtMs);
  if (silentMs <= facts.stuckAfterMs) return null;
  return `it did not turn for ${Math.round(silentMs / 1000)} s`;
}

function healthOf(checks: Health['checks']): Health {
  return { isOk: checks.every(({ problem }) => problem === null), checks };
}
