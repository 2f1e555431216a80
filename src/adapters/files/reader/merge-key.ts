import { LOOK_AHEAD_ROWS } from '../../../core/join/lone-future.ts';

/** Times of a stretch of one file, and of the rows right after it. */
export interface KeyInput {
  readonly timesMs: Float64Array;
  readonly length: number;
  /** Times of up to seven rows that follow. */
  readonly afterMs: Float64Array;
  readonly afterLength: number;
  /** Key of the row before; -Infinity at the beginning of the file. */
  readonly previousKey: number;
}

/**
 * The key by which each row of a file is merged with other files: the least time above the key before
 * it among the row and the next seven, so that each file keeps its own order and one wild time far
 * ahead does not block the rows behind it. A time that is not above the key before takes that key and
 * counts for no other row: a late record must not pull the rows before it ahead of the other files.
 * NaN times do not count. Writes into `keys`.
 */
export function fillMergeKeys(keys: Float64Array, input: KeyInput): void {
  const { timesMs, length, previousKey } = input;
  let previous = previousKey;
  for (let row = 0; row < length; row += 1) {
    const time = timesMs[row] ?? Number.NaN;
    if (!(time >= previous)) {
      fillLookingAhead(keys, { ...input, previousKey }, 0);
      return;
    }
    keys[row] = time;
    previous = time;
  }
  // In order so far: only what follows can still lower the last keys.
  const from = Math.max(0, length - LOOK_AHEAD_ROWS + 1);
  const before = from === 0 ? previousKey : (keys[from - 1] ?? previousKey);
  fillLookingAhead(keys, { ...input, previousKey: before }, from);
}

function fillLookingAhead(keys: Float64Array, input: KeyInput, from: number): void {
  const { timesMs, length, afterMs, afterLength } = input;
  let previous = input.previousKey;
  for (let row = from; row < length; row += 1) {
    if ((timesMs[row] ?? Number.NaN) <= previous) {
      keys[row] = previous;
      continue;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let at = row; at < row + LOOK_AHEAD_ROWS; at += 1) {
      const isKnown = at < length || at - length < afterLength;
      const time = isKnown ? (at < length ? timesMs[at] : afterMs[at - length]) : Number.NaN;
      if (time !== undefined && time > previous && time < least) least = time;
    }
    if (least !== Number.POSITIVE_INFINITY) previous = least;
    keys[row] = previous;
  }
}
