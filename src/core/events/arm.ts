/** The two sides of a rollout. Derived from the rollout's versions, never from a label in the data. */
export type Arm = 'current' | 'canary';

/** Both arms, in the order in which tables and arrays hold them. */
export const ARMS = ['current', 'canary'] as const satisfies readonly Arm[];
