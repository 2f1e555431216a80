import { runQuery } from '../adapters/duckdb/query.ts';
import { CoalmineError } from '../core/foundation/error.ts';

/** The answer of a query over the published views: one object per row, by column name. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A rollout as its last published windows, events and verdicts show it. */
export interface RolloutStatus {
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly phase: RolloutStatusPhase;
  readonly stageIndex: number;
  readonly share: number;
  readonly windowCount: number;
  readonly pairCount: number;
  readonly lastWindowEndMs: number;
  readonly decision: string;
  readonly reason: string;
  readonly verdictId: string;
}

export type RolloutStatusPhase = 'running' | 'held' | 'promoted' | 'rolled_back';

/**
 * Runs SQL over the views of an output folder. An abort interrupts it.
 *
 * @throws CoalmineError `not_found` when nothing is published there, `usage` when the SQL is wrong
 */
export async function queryViews(folder: string, sql: string, signal?: AbortSignal): Promise<Rows> {
  const { columns, rows } = await runQuery(folder, sql, signal);
  const names = distinct(columns.map(({ name }) => name));
  return {
    columns: names,
    rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null]))),
  };
}

/** Two columns of one name are told apart by number: `a`, `a_1`. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 1; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}

/** The last verdicts of an output folder, oldest first. */
export async function lastVerdicts(folder: string, limit: number): Promise<Rows> {
  return queryViews(
    folder,
    `select * from (select * from verdicts order by number desc limit ${limit}) order by number`,
  );
}

const STATUS_SQL = `
with last_verdict as (
  from verdicts qualify row_number() over (partition by rollout_id order by number desc) = 1
), last_event as (
  from rollout_events where kind in ('stage_began', 'held', 'promoted', 'rolled_back')
  qualify row_number() over (partition by rollout_id order by number desc) = 1
), seen as (
  select rollout_id, count(*) as window_count, sum(matched)::bigint as pair_count
  from windows where revision = 0 group by rollout_id
)
select v.*, e.kind, e.stage_index as event_stage_index, e.share as event_share, s.window_count, s.pair_count
from last_verdict v join seen s using (rollout_id) left join last_event e using (rollout_id)
order by v.rollout_id`;

/**
 * Where the rollouts of an output folder stand.
 *
 * @throws CoalmineError `not_found` when nothing was judged there yet
 */
export async function rolloutStatuses(folder: string): Promise<readonly RolloutStatus[]> {
  const { rows } = await queryViews(folder, STATUS_SQL);
  if (rows.length === 0) throw new CoalmineError('not_found', `nothing is judged in ${folder} yet`);
  return rows.map(statusOf);
}

function statusOf(row: Readonly<Record<string, unknown>>): RolloutStatus {
  return {
    rolloutId: String(row['rollout_id']),
    model: String(row['model']),
    currentVersion: String(row['current_version']),
    canaryVersion: String(row['canary_version']),
    phase: phaseOf(row['kind']),
    stageIndex: Number(row['event_stage_index'] ?? row['stage_index']),
    share: Number(row['event_share'] ?? row['share']),
    windowCount: Number(row['window_count']),
    pairCount: Number(row['pair_count']),
    lastWindowEndMs: Number(row['window_end_ms']),
    decision: String(row['decision']),
    reason: String(row['reason']),
    verdictId: String(row['verdict_id']),
  };
}

function phaseOf(lastEventKind: unknown): RolloutStatusPhase {
  switch (lastEventKind) {
    case 'held':
    case 'promoted':
    case 'rolled_back':
      return lastEventKind;
    default:
      return 'running';
  }
}
