import { Option } from 'commander';
import type { ReplayReport, ReplayStart, Speed } from '../../app/replay.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { positiveCount, speedOption } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import { readPlan } from '../plan-file.ts';
import { progressPrinter } from '../progress.ts';
import { reportText, reportValue } from '../replay-text.ts';
import type { Verb } from '../verb.ts';

interface ReplayFlags {
  readonly plan: string;
  readonly current: readonly string[];
  readonly canary: readonly string[];
  readonly outcomes?: readonly string[];
  readonly out: string;
  readonly traffic?: 'simulate' | 'recorded';
  readonly speed: Speed;
  readonly partitions: number;
}

export const replayVerb: Verb = {
  define(program, run) {
    program
      .command('replay')
      .description('run logged predictions of both versions through the whole line')
      .requiredOption('--plan <file>', 'the plan, a YAML file')
      .requiredOption(
        '--current <file...>',
        'logs of the current model: Parquet or JSON Lines, globs',
      )
      .requiredOption('--canary <file...>', 'logs of the canary')
      .option('--outcomes <file...>', 'what happened later')
      .requiredOption('--out <folder>', 'where windows, verdicts and dead letters go')
      .addOption(
        new Option('--traffic <mode>', 'whose answers were served').choices([
          'simulate',
          'recorded',
        ]),
      )
      .option(
        '--speed <speed>',
        'max, realtime, or times real time such as 60x',
        speedOption,
        'max',
      )
      .option('--partitions <count>', 'partitions of the embedded log', positiveCount, 4)
      .addHelpText(
        'after',
        '\nEnds with 0 when every step was passed, 3 when rolled back, 4 when held. Interrupted (130),' +
          '\nthe same command goes on from where it was.',
      )
      .action((flags: ReplayFlags) => run((io) => runReplay(io, flags)));
  },
};

async function runReplay(io: Io, flags: ReplayFlags): Promise<ExitCode> {
  // Logs may be replayed where nobody is to be told: a missing address is said, and left out.
  const { plan, digest, warnings } = await readPlan(
    flags.plan,
    (name) => process.env[name] ?? null,
  );
  for (const warning of warnings) say(io, `warning: ${warning}`);
  const { replay } = await import('../../app/replay.ts');
  const { stderrLog } = await import('../stderr-log.ts');
  const progress = progressPrinter(io);
  try {
    const report = await replay({
      plan,
      policyDigest: digest,
      current: flags.current,
      canary: flags.canary,
      outcomes: flags.outcomes ?? [],
      out: flags.out,
      traffic: flags.traffic ?? null,
      speed: flags.speed,
      partitionCount: flags.partitions,
      log: stderrLog(progress),
      signal: io.signal,
      onStart: (start) => {
        for (const warning of start.warnings) say(io, `warning: ${warning}`);
        say(io, startText(start));
        progress.begin(start.rolloutId, start.recordCount);
      },
      onProgress: progress.show,
    });
    progress.done();
    await answer(io, { value: reportValue(report), text: () => reportText(report, io.style) });
    return exitCodeOf(report);
  } catch (error) {
    progress.done();
    if (error instanceof CoalmineError && error.code === 'interrupted') {
      say(io, `${error.message}; ${error.hints.join('; ')}`);
      return EXIT.interrupted;
    }
    throw error;
  }
}

function startText(start: ReplayStart): string {
  const traffic = start.mode === 'simulate' ? 'simulated from the routing table' : 'as recorded';
  return `${start.rolloutId}: ${start.recordCount} records, traffic ${traffic}, clock: ${start.clock}`;
}

function exitCodeOf(report: ReplayReport): ExitCode {
  switch (report.decision) {
    case 'promoted':
      return EXIT.pass;
    case 'rolled_back':
      return EXIT.fail;
    case 'held':
      return EXIT.inconclusive;
  }
}
