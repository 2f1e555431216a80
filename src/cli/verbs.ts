import { assignVerb } from './commands/assign.ts';
import { explainVerb } from './commands/explain.ts';
import { lintVerb } from './commands/lint.ts';
import { profileVerb } from './commands/profile.ts';
import { replayVerb } from './commands/replay.ts';
import { sqlVerb } from './commands/sql.ts';
import { statusVerb } from './commands/status.ts';
import { verdictsVerb } from './commands/verdicts.ts';
import { versionVerb } from './commands/version.ts';
import type { Verb } from './verb.ts';

/** Every verb, in the order in which the help lists them. */
export const VERBS: readonly Verb[] = [
  replayVerb,
  lintVerb,
  profileVerb,
  statusVerb,
  verdictsVerb,
  explainVerb,
  assignVerb,
  sqlVerb,
  versionVerb,
];
