import { applyVerb } from './commands/apply.ts';
import { assignVerb } from './commands/assign.ts';
import { deadLettersVerb } from './commands/dead-letters.ts';
import { deleteVerb } from './commands/delete.ts';
import { doctorVerb } from './commands/doctor.ts';
import { explainVerb } from './commands/explain.ts';
import { lintVerb } from './commands/lint.ts';
import { listVerb } from './commands/list.ts';
import { profileVerb } from './commands/profile.ts';
import { replayVerb } from './commands/replay.ts';
import { runVerb } from './commands/run.ts';
import { shadowVerb } from './commands/shadow.ts';
import { sqlVerb } from './commands/sql.ts';
import { statusVerb } from './commands/status.ts';
import { verdictsVerb } from './commands/verdicts.ts';
import { versionVerb } from './commands/version.ts';
import type { Verb } from './verb.ts';

/** Every verb, in the order in which the help lists them. */
export const VERBS: readonly Verb[] = [
  replayVerb,
  runVerb,
  lintVerb,
  profileVerb,
  statusVerb,
  verdictsVerb,
  explainVerb,
  assignVerb,
  sqlVerb,
  applyVerb,
  listVerb,
  deleteVerb,
  shadowVerb,
  doctorVerb,
  deadLettersVerb,
  versionVerb,
];
