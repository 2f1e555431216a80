import type { Prediction } from '../../core/events/prediction.ts';
import { isAsked } from '../../core/rollout/assign.ts';

/** Whom the canary is asked for. */
export interface Selection {
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  /** In [0, 1]; which ones is the rule of the mirror, that joiners compute too. */
  readonly mirrorShare: number;
}

/** Whether the canary is asked, or why it is not. */
export type Choice = 'asked' | 'foreign' | 'not_served' | 'not_mirrored';

/**
 * Foreign: of another model or version. Not served: the user got the canary's answer, which is in
 * the log already. Not mirrored: outside the share.
 */
export function choose(prediction: Prediction, selection: Selection): Choice {
  const { model, version, requestId } = prediction;
  if (model !== selection.model || version !== selection.currentVersion) return 'foreign';
  if (prediction.served === false) return 'not_served';
  const { rolloutId, mirrorShare } = selection;
  return isAsked(mirrorShare, { rolloutId, requestId }) ? 'asked' : 'not_mirrored';
}
