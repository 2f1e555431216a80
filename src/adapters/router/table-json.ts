import { z } from 'zod';
import type { RoutingTable } from '../../core/events/routing.ts';

const text = z.string().min(1);

const TableJson = z.object({
  rollout_id: text,
  model: text,
  current_version: text,
  canary_version: text,
  salt: z.string(),
  hash: z.literal('murmur3'),
  total: z.int().min(1),
  key: z.enum(['unit_id', 'request_id']),
  boundary: z.enum(['request', 'session']),
  session_max_age_ms: z.number().min(0),
  shares: z.array(z.object({ from_ms: z.number(), share: z.number().min(0).max(1) })).min(1),
  end_ms: z.number().nullable(),
  sequence: z.int().min(1),
});

/** The routing table as the JSON that other programs read: field names as in the event schemas. */
export function encodeTable(table: RoutingTable): string {
  const json: z.infer<typeof TableJson> = {
    rollout_id: table.rolloutId,
    model: table.model,
    current_version: table.currentVersion,
    canary_version: table.canaryVersion,
    salt: table.salt,
    hash: table.hash,
    total: table.total,
    key: table.key,
    boundary: table.boundary,
    session_max_age_ms: table.sessionMaxAgeMs,
    shares: table.shares.map(({ fromMs, share }) => ({ from_ms: fromMs, share })),
    end_ms: table.endMs,
    sequence: table.sequence,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** A table, or why the text is none. */
export type DecodedTable =
  | { readonly kind: 'table'; readonly table: RoutingTable }
  | { readonly kind: 'problem'; readonly problem: string };

/** Reads what `encodeTable` wrote; unknown fields are ignored. */
export function decodeTable(json: string): DecodedTable {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return { kind: 'problem', problem: error instanceof Error ? error.message : 'not JSON' };
  }
  const result = TableJson.safeParse(parsed);
  if (!result.success) return { kind: 'problem', problem: firstIssue(result.error) };
  const { data } = result;
  return {
    kind: 'table',
    table: {
      rolloutId: data.rollout_id,
      model: data.model,
      currentVersion: data.current_version,
      canaryVersion: data.canary_version,
      salt: data.salt,
      hash: data.hash,
      total: data.total,
      key: data.key,
      boundary: data.boundary,
      sessionMaxAgeMs: data.session_max_age_ms,
      shares: data.shares.map(({ from_ms, share }) => ({ fromMs: from_ms, share })),
      endMs: data.end_ms,
      sequence: data.sequence,
    },
  };
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'no routing table' : `${issue.path.join('.')}: ${issue.message}`;
}
