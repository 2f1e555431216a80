import { isJsonRecord } from '../../core/events/parse-field.ts';

/** Compacted: how far the requests of each partition were asked; key `<to>/<partition>`. */
export const SHADOW_TOPIC = 'coalmine.shadow';

/** Whose requests go where: another origin begins anew. */
export interface Route {
  readonly from: string;
  readonly to: string;
  readonly rolloutId: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function progressKey(route: Route, partition: number): string {
  return `${route.to}/${partition}`;
}

export function encodeProgress({ from, rolloutId }: Route, offset: number): Uint8Array {
  return encoder.encode(JSON.stringify({ from, rollout_id: rolloutId, offset }));
}

/** The offset to go on from; null when there is none, or it is of another origin. */
export function decodeProgress(bytes: Uint8Array | null, route: Route): number | null {
  if (bytes === null) return null;
  const value = parsed(decoder.decode(bytes));
  if (!isJsonRecord(value)) return null;
  const { from, rollout_id: rolloutId, offset } = value;
  const isOurs = from === route.from && rolloutId === route.rolloutId;
  return isOurs && Number.isSafeInteger(offset) && typeof offset === 'number' ? offset : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
