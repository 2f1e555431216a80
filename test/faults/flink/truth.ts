import type { Arm } from '../../../src/core/events/arm.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import type { PlainHalf, PlainWindow } from '../../../src/core/join/plain-join.ts';
import type { PartialLayout } from '../../../src/core/windows/layout.ts';
import type { WindowPartial } from '../../../src/core/windows/partial.ts';
import { plainFold } from '../../../src/core/windows/plain-fold.ts';
import { type LoggedRequest, WINDOW_MS } from './requests.ts';

export const THRESHOLD = 0.5;

/** `partition/window start` of a partial. */
export function placeOf(partition: number, windowStartMs: number): string {
  return `${partition}/${windowStartMs}`;
}

/**
 * What every window of every partition holds, straight from the requests: nothing is joined, since
 * a request knows both of its answers.
 */
export function truthOf(
  requests: readonly LoggedRequest[],
  layout: PartialLayout,
): Map<string, WindowPartial> {
  const windows = new Map<string, PlainWindow>();
  for (const request of requests) {
    const first = request.current ?? request.canary;
    if (first === null) continue;
    const startMs = Math.floor(first.eventTimeMs / WINDOW_MS) * WINDOW_MS;
    const place = placeOf(request.partition, startMs);
    const window = windows.get(place) ?? { pairs: [], singles: [], duplicate: 0, conflict: 0 };
    windows.set(place, window);
    if (request.current !== null && request.canary !== null) {
      const current = halfOf('current', request.current);
      window.pairs.push({ current, canary: halfOf('canary', request.canary) });
    } else {
      window.singles.push(halfOf(request.current === null ? 'canary' : 'current', first));
    }
  }
  const options = {
    layout,
    decision: { threshold: THRESHOLD, tolerance: null, ranking: null },
    skewTolerance: 0,
  };
  return new Map([...windows].map(([place, window]) => [place, plainFold(window, options)]));
}

/** As the log says it: a served answer's other half was due if the window was in shadow. */
function halfOf(arm: Arm, prediction: Prediction): PlainHalf {
  const served = prediction.served ?? true;
  return { arm, prediction, served, due: served ? 'in_shadow' : true };
}
