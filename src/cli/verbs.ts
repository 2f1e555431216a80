import { assignVerb } from './commands/assign.ts';
import { lintVerb } from './commands/lint.ts';
import { versionVerb } from './commands/version.ts';
import type { Verb } from './verb.ts';

/** Every verb, in the order in which the help lists them. */
export const VERBS: readonly Verb[] = [lintVerb, assignVerb, versionVerb];
