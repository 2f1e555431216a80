import type { Command } from 'commander';
import type { OverTime, OverTimeRequest } from '../../app/explain-over-time.ts';
import type { Plan } from '../../core/events/plan.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { explanationText, explanationValue } from '../explain-text.ts';
import { wholeNumber } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import { derivedText, overTimeText } from '../over-time-text.ts';
import { readPlan } from '../plan-file.ts';
import type { Verb } from '../verb.ts';

interface ExplainFlags {
  readonly out?: string;
  readonly plan?: string;
  readonly overTime?: true;
  readonly check: readonly string[];
  readonly limit: number;
}

const ROWS = 24;

export const explainVerb: Verb = {
  define(program, run) {
    const command = program
      .command('explain')
      .description('derive a verdict again from the stored windows, and show every number of it')
      .argument(
        '[verdict-id]',
        'its id, or enough of its beginning; with --over-time a rollout, or its folder',
      )
      .option('--out <folder>', 'the output folder of the run')
      .option('--plan <file>', 'the plan, where the run did not store it');
    overTimeOptions(command).action((id: string | undefined, flags: ExplainFlags) =>
      run((io) => (flags.overTime ? explainRollout(io, id, flags) : explainVerdict(io, id, flags))),
    );
  },
};

function overTimeOptions(command: Command): Command {
  return command
    .option('--over-time', 'derive every verdict of the rollout, and show the evidence over time')
    .option('--check <name>', 'with --over-time: only this check; may be repeated', repeated, [])
    .option('--limit <count>', 'with --over-time: rows of a table', wholeNumber(2), ROWS);
}

function repeated(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

async function explainVerdict(
  io: Io,
  idPrefix: string | undefined,
  flags: ExplainFlags,
): Promise<ExitCode> {
  const { out: folder } = flags;
  if (idPrefix === undefined) throw new CoalmineError('usage', "missing argument 'verdict-id'");
  if (folder === undefined)
    throw new CoalmineError('usage', "option '--out <folder>' is not specified");
  if (flags.check.length > 0)
    throw new CoalmineError('usage', '--check is for the evidence --over-time');
  const plan = await planOf(flags);
  const { explain } = await import('../../app/explain.ts');
  const { signal, style } = io;
  const explanation = await explain({ folder, idPrefix, plan, signal });
  await answer(io, {
    value: explanationValue(explanation),
    text: () => explanationText(explanation, style),
  });
  return EXIT.pass;
}

async function explainRollout(
  io: Io,
  what: string | undefined,
  flags: ExplainFlags,
): Promise<ExitCode> {
  const { signal, style, page } = io;
  const { check: checks, limit } = flags;
  const request = { ...placeOf(what, flags.out), plan: await planOf(flags), signal };
  const { explainOverTime } = await import('../../app/explain-over-time.ts');
  const overTime = withChecks(await explainOverTime(request), checks);
  await answer(io, {
    value: overTime.report,
    text: () => overTimeText(overTime, { style, page, checks, limit }),
  });
  if (io.format !== 'table') say(io, derivedText(overTime));
  return EXIT.pass;
}

/** A rollout in the folder that --out names, or a folder that holds one. */
function placeOf(
  what: string | undefined,
  out: string | undefined,
): Pick<OverTimeRequest, 'folder' | 'rolloutId'> {
  if (out !== undefined) return { folder: out, rolloutId: what ?? null };
  if (what !== undefined) return { folder: what, rolloutId: null };
  throw new CoalmineError('usage', 'no folder is named', {
    hints: [
      'coalmine explain FOLDER --over-time',
      'coalmine explain ROLLOUT --out DIR --over-time',
    ],
  });
}

/** The report of these checks only; all of them when none is named. */
function withChecks(overTime: OverTime, names: readonly string[]): OverTime {
  const { report } = overTime;
  const known = report.checks.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CoalmineError('usage', `the plan has no check ${unknown}`, {
      hints: [`its checks: ${known.join(', ')}`],
    });
  if (names.length === 0) return overTime;
  const checks = report.checks.filter(({ name }) => names.includes(name));
  return { ...overTime, report: { ...report, checks } };
}

async function planOf({ plan }: ExplainFlags): Promise<Plan | null> {
  return plan === undefined ? null : (await readPlan(plan)).plan;
}
