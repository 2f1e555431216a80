import type { Verdict } from '../core/events/verdict.ts';

/** Windows and rollouts that are remembered: of older ones a repeat would be handed out again. */
export const WINDOW_COUNT_MAX = 100_000;
export const ROLLOUT_COUNT_MAX = 10_000;

/** Why a verdict is not handed out. */
export type LeftOut = 'seen' | 'lower_revision' | 'lower_epoch';

/** A verdict with what tells repeats and old owners apart. */
export interface NumberedVerdict {
  readonly verdict: Pick<
    Verdict,
    'id' | 'rolloutId' | 'revision' | 'windowStartMs' | 'policyDigest' | 'stage'
  >;
  readonly epoch: number;
}

/** Makes at-least-once into once, as long as it lives: it forgets at the limits above, and with the process. */
export interface VerdictFilter {
  /** Why this verdict is to be left out; null when it is new. Changes nothing. */
  leftOut(event: NumberedVerdict): LeftOut | null;
  /** To be called when the verdict was dealt with or left out, and not before: what failed comes again. */
  note(event: NumberedVerdict): void;
}

interface Known {
  readonly id: string;
  readonly revision: number;
}

/**
 * The rule of dedupe. Of a rollout the highest epoch counts: lower ones are of a judge that was
 * replaced. Of a window (under one plan, in one stage) an id counts once, and a revision only when it
 * is higher than the last.
 */
export function createVerdictFilter(): VerdictFilter {
  const epochs = new Map<string, number>();
  const windows = new Map<string, Known>();
  return {
    leftOut(event) {
      const known = windows.get(windowKey(event));
      if (known?.id === event.verdict.id) return 'seen';
      if (event.epoch < (epochs.get(event.verdict.rolloutId) ?? 0)) return 'lower_epoch';
      if (known !== undefined && event.verdict.revision <= known.revision) return 'lower_revision';
      return null;
    },
    note(event) {
      const { id, rolloutId, revision } = event.verdict;
      // What a replaced judge sends stands for nothing: its successor sends the window again.
      if (event.epoch < (epochs.get(rolloutId) ?? 0)) return;
      remember(epochs, { key: rolloutId, value: event.epoch, countMax: ROLLOUT_COUNT_MAX });
      const key = windowKey(event);
      const known = windows.get(key);
      const value = known !== undefined && known.revision >= revision ? known : { id, revision };
      remember(windows, { key, value, countMax: WINDOW_COUNT_MAX });
    },
  };
}

function windowKey({ verdict }: NumberedVerdict): string {
  const { rolloutId, stage, windowStartMs, policyDigest } = verdict;
  return JSON.stringify([rolloutId, stage.index, windowStartMs, policyDigest]);
}

function remember<T>(
  map: Map<string, T>,
  entry: { readonly key: string; readonly value: T; readonly countMax: number },
): void {
  map.delete(entry.key);
  map.set(entry.key, entry.value);
  const [oldest] = map.keys();
  if (map.size > entry.countMax && oldest !== undefined) map.delete(oldest);
}
