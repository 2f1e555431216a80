import { CoalmineError } from '../../core/foundation/error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io } from '../output.ts';
import { rowsText } from '../rows-text.ts';
import type { Verb } from '../verb.ts';

interface SqlOptions {
  readonly out: string;
  readonly file?: string;
}

export const sqlVerb: Verb = {
  define(program, run) {
    program
      .command('sql')
      .description('run SQL over the published windows, cells, verdicts, checks and events')
      .argument('[query]', 'one statement of DuckDB SQL')
      .requiredOption('--out <folder>', 'the output folder of the run')
      .option('--file <file>', 'read the statement from a file instead')
      .addHelpText('after', '\nExample: coalmine sql --out out "from verdicts limit 5"')
      .action((query: string | undefined, options: SqlOptions) =>
        run((io) => runSql(io, query, options)),
      );
  },
};

async function runSql(io: Io, query: string | undefined, options: SqlOptions): Promise<ExitCode> {
  const sql = await statement(query, options.file);
  const { queryViews } = await import('../../app/inspect.ts');
  const result = await queryViews(options.out, sql, io.signal);
  await answer(io, { value: result.rows, text: () => rowsText(result, io.style) });
  return EXIT.pass;
}

async function statement(query: string | undefined, file: string | undefined): Promise<string> {
  if ((query === undefined) === (file === undefined)) {
    throw new CoalmineError('usage', 'give one statement, or one --file', {
      hints: ['coalmine sql --out out "from verdicts limit 5"'],
    });
  }
  if (file === undefined) return query ?? '';
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CoalmineError('input_missing', `${file} cannot be read`, { cause });
  }
}
