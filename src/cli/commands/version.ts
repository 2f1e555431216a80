import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io } from '../output.ts';
import { packageVersion } from '../package-version.ts';
import { fieldsText } from '../table.ts';
import type { Verb } from '../verb.ts';

export const versionVerb: Verb = {
  define(program, run) {
    program
      .command('version')
      .description('print the versions of coalmine and of Node')
      .action(() => run(version));
  },
};

async function version(io: Io): Promise<ExitCode> {
  const value = {
    coalmine: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  await answer(io, { value, text: () => fieldsText(Object.entries(value), io.style) });
  return EXIT.pass;
}
