import { EXIT, type ExitCode } from '../exit-codes.ts';
import { explanationText, explanationValue } from '../explain-text.ts';
import { answer, type Io } from '../output.ts';
import { readPlan } from '../plan-file.ts';
import type { Verb } from '../verb.ts';

interface ExplainFlags {
  readonly out: string;
  readonly plan?: string;
}

export const explainVerb: Verb = {
  define(program, run) {
    program
      .command('explain')
      .description('derive a verdict again from the stored windows, and show every number of it')
      .argument('<verdict-id>', 'its id, or enough of its beginning')
      .requiredOption('--out <folder>', 'the output folder of the run')
      .option('--plan <file>', 'the plan, where the run did not store it')
      .action((id: string, flags: ExplainFlags) => run((io) => explainVerdict(io, id, flags)));
  },
};

async function explainVerdict(io: Io, idPrefix: string, flags: ExplainFlags): Promise<ExitCode> {
  const plan = flags.plan === undefined ? null : (await readPlan(flags.plan)).plan;
  const { explain } = await import('../../app/explain.ts');
  const { signal, style } = io;
  const explanation = await explain({ folder: flags.out, idPrefix, plan, signal });
  await answer(io, {
    value: explanationValue(explanation),
    text: () => explanationText(explanation, style),
  });
  return EXIT.pass;
}
