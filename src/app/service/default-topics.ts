/** Topics that are read when nobody says otherwise. */
export const DEFAULT_TOPICS = {
  current: 'predictions.current',
  canary: 'predictions.canary',
  outcomes: 'outcomes',
} as const;
