import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shareText, timeText } from '../number-text.ts';
import { wholeNumber } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import { tableText } from '../table.ts';
import type { Verb } from '../verb.ts';
import { decisionText } from '../verdict-text.ts';

interface VerdictsOptions {
  readonly out: string;
  readonly limit: number;
}

export const verdictsVerb: Verb = {
  define(program, run) {
    program
      .command('verdicts')
      .description('list the last verdicts, oldest first')
      .requiredOption('--out <folder>', 'the output folder of the run')
      .option('--limit <count>', 'how many', wholeNumber(1), 20)
      .action((options: VerdictsOptions) => run((io) => verdicts(io, options)));
  },
};

async function verdicts(io: Io, options: VerdictsOptions): Promise<ExitCode> {
  const { lastVerdicts } = await import('../../app/inspect.ts');
  const { rows } = await lastVerdicts(options.out, options.limit);
  const text = () =>
    tableText(
      {
        head: ['window', 'rollout', 'share', 'decision', 'failing', 'reason', 'id'],
        rows: rows.map((row) => [
          timeText(Number(row['window_start_ms'])),
          String(row['rollout_id']),
          shareText(Number(row['share'])),
          decisionText(String(row['decision']), io.style),
          textOrNull(row['failing_checks']),
          String(row['reason']),
          String(row['verdict_id']),
        ]),
      },
      io.style,
    );
  if (rows.length === 0) say(io, `no verdict is published in ${options.out} yet`);
  await answer(io, { value: rows, text });
  return EXIT.pass;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
