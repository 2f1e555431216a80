import { CoalmineError } from '../../core/foundation/error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { positiveCount } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import { countText } from '../plan-file.ts';
import { profileText } from '../profile-text.ts';
import type { Verb } from '../verb.ts';

interface ProfileFlags {
  readonly model?: string;
  readonly version?: string;
  readonly samples: number;
  readonly out?: string;
}

export const profileVerb: Verb = {
  define(program, run) {
    program
      .command('profile')
      .description('learn the reference profile of a version, for reference.file of a plan')
      .argument('<file...>', 'its prediction logs: Parquet or JSON Lines, globs')
      .option('--model <name>', 'the model; when left out, the only one in the files')
      .option('--version <version>', 'the version, usually the current one; likewise')
      .option('--samples <count>', 'rows that it is learned from', positiveCount, 10_000)
      .option('--out <file>', 'write the profile there, and show a table')
      .addHelpText(
        'after',
        '\nStdout is the profile as JSON, unless --out or -o say otherwise: coalmine profile ... > profile.json',
      )
      .action((files: readonly string[], flags: ProfileFlags) => {
        const formatGiven = program.getOptionValueSource('output') === 'cli';
        return run((io) => learn(formatGiven ? io : withDefault(io, flags), files, flags));
      });
  },
};

/** A profile is made for a file: stdout is that file, unless another one was named. */
function withDefault(io: Io, flags: ProfileFlags): Io {
  return { ...io, format: flags.out === undefined ? 'json' : 'table' };
}

async function learn(io: Io, files: readonly string[], flags: ProfileFlags): Promise<ExitCode> {
  const { profileOfFiles } = await import('../../app/profile.ts');
  const { model = null, version = null, samples, out } = flags;
  const { signal, style } = io;
  const learned = await profileOfFiles({ files, model, version, sampleCount: samples, signal });
  for (const warning of learned.warnings) say(io, `warning: ${warning}`);
  if (learned.deadLetterCount > 0)
    say(io, `warning: ${countText(learned.deadLetterCount, 'record')} could not be used`);
  if (learned.seenCount < samples)
    say(io, `warning: only ${countText(learned.seenCount, 'answer')} to learn from`);
  if (out !== undefined) await writeProfile(out, learned.profile);
  await answer(io, { value: learned.profile, text: () => profileText(learned, style) });
  return EXIT.pass;
}

async function writeProfile(path: string, profile: object): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, `${JSON.stringify(profile, null, 2)}\n`);
  } catch (cause) {
    throw new CoalmineError('output_unwritable', `cannot write the profile to ${path}`, { cause });
  }
}
