import { Command, CommanderError, Option } from 'commander';
import { errorText } from './error-text.ts';
import { EXIT, EXIT_HELP, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { type Io, OUTPUT_FORMATS, type OutputFormat, type TextSink } from './output.ts';
import { packageVersion } from './package-version.ts';
import type { Page } from './page.ts';
import type { Style } from './style.ts';
import type { RunVerb, Verb } from './verb.ts';

/** The process as the command line sees it; tests and `main.ts` each give one. */
export interface Surroundings {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdoutStyle: Style;
  readonly stderrStyle: Style;
  readonly page: Page;
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  readonly debug: boolean;
}

const DESCRIPTION =
  'Watches a new version of a model (the canary) beside the version in production (current), ' +
  'on the same requests, and decides: promote, hold or roll back.';

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function runProgram(
  args: readonly string[],
  verbs: readonly Verb[],
  around: Surroundings,
): Promise<ExitCode> {
  const program = frame(around);
  let code: ExitCode = EXIT.pass;
  const run: RunVerb = async (work) => {
    code = await work(ioOf(program, around));
  };
  for (const verb of verbs) verb.define(program, run);
  // Behind a verb `--version` is a model's, where the verb takes one.
  const verbNames = program.commands.map((command) => command.name());
  if (!args.some((arg) => verbNames.includes(arg)))
    program.version(packageVersion(), '-V, --version', 'print the version');
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, around);
  }
}

function frame(around: Surroundings): Command {
  return new Command('coalmine')
    .description(DESCRIPTION)
    .addOption(
      new Option('-o, --output <format>', 'how answers are written to stdout')
        .choices(OUTPUT_FORMATS)
        .default('table' satisfies OutputFormat),
    )
    .helpCommand('help [verb]', 'show the help of a verb')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => around.stdout.write(text),
      writeErr: (text) => around.stderr.write(text),
      getOutHasColors: () => around.stdoutStyle.color,
      getErrHasColors: () => around.stderrStyle.color,
    })
    .showHelpAfterError('(coalmine help shows what there is)')
    .exitOverride()
    .addHelpText('after', `\n${EXIT_HELP}`);
}

function ioOf(program: Command, around: Surroundings): Io {
  return {
    format: program.opts<{ output: OutputFormat }>().output,
    signal: around.signal,
    style: around.stdoutStyle,
    page: around.page,
    stdout: around.stdout,
    stderr: around.stderr,
    interactive: around.interactive,
  };
}

/** Commander has told the user already; everything else is told here. */
function failed(error: unknown, around: Surroundings): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const aborted = error instanceof Error && error.name === 'AbortError' && around.signal.aborted;
  const cause: unknown = aborted ? around.signal.reason : error;
  around.stderr.write(errorText(cause, around.stderrStyle, around.debug));
  return exitCodeOf(cause);
}
