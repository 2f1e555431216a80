import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import type { Io } from '../../../src/cli/output.ts';
import { answer, say } from '../../../src/cli/output.ts';
import { runProgram, type Surroundings } from '../../../src/cli/program.ts';
import { styleFor } from '../../../src/cli/style.ts';
import type { Verb } from '../../../src/cli/verb.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';

function surroundings(over: Partial<Surroundings> = {}) {
  const written = { out: '', err: '' };
  const plain = styleFor({ isTTY: false, env: {} });
  const around: Surroundings = {
    stdout: { write: (text) => void (written.out += text) },
    stderr: { write: (text) => void (written.err += text) },
    stdoutStyle: plain,
    stderrStyle: plain,
    page: { columns: 80, isUtf8: true },
    interactive: false,
    signal: new AbortController().signal,
    debug: false,
    ...over,
  };
  return { around, written };
}

function verbThat(work: (io: Io) => Promise<(typeof EXIT)[keyof typeof EXIT]>): Verb {
  return {
    define(program, run) {
      program.command('work').action(() => run(work));
    },
  };
}

describe('the frame of the command line', () => {
  it('returns the exit code of the verb', async () => {
    const { around } = surroundings();
    const verb = verbThat(async () => EXIT.inconclusive);
    expect(await runProgram(['work'], [verb], around)).toBe(4);
  });

  it('prints its version, but leaves --version behind a verb to the verb', async () => {
    const { around, written } = surroundings();
    const verb: Verb = {
      define(program, run) {
        program
          .command('work')
          .requiredOption('--version <version>', 'of a model')
          .action(({ version }: { readonly version: string }) =>
            run(async (io) => {
              say(io, version);
              return EXIT.pass;
            }),
          );
      },
    };
    expect(await runProgram(['--version'], [verb], around)).toBe(0);
    expect(written.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await runProgram(['work', '--version', 'v6'], [verb], around)).toBe(0);
    expect(written.err).toBe('v6\n');
  });

  it('keeps data on stdout and messages on stderr', async () => {
    const { around, written } = surroundings();
    const verb = verbThat(async (io) => {
      say(io, 'working');
      await answer(io, { value: { pairs: 3 }, text: () => '3 pairs' });
      return EXIT.pass;
    });
    await runProgram(['work'], [verb], around);
    expect(written).toEqual({ out: '3 pairs\n', err: 'working\n' });
  });

  it.each([
    ['json', '{\n  "pairs": 3\n}\n'],
    ['yaml', 'pairs: 3\n'],
  ])('writes the same value as %s', async (format, text) => {
    const { around, written } = surroundings();
    const verb = verbThat(async (io) => {
      await answer(io, { value: { pairs: 3 }, text: () => '3 pairs' });
      return EXIT.pass;
    });
    await runProgram(['work', '-o', format], [verb], around);
    expect(written.out).toBe(text);
  });

  it('shows message, hints and code of a known failure, and no stack', async () => {
    const { around, written } = surroundings();
    const verb = verbThat(async () => {
      throw new CoalmineError('input_missing', 'no file matches x*.parquet', { hints: ['look'] });
    });
    expect(await runProgram(['work'], [verb], around)).toBe(1);
    expect(written.err).toBe('error: no file matches x*.parquet\n  look\n  (input_missing)\n');
  });

  it('shows the stacks of a failure and of its cause when debugging', async () => {
    const { around, written } = surroundings({ debug: true });
    const verb = verbThat(async () => {
      throw new CoalmineError('store_failed', 'no commit', { cause: new RangeError('disk') });
    });
    await runProgram(['work'], [verb], around);
    expect(written.err).toContain('program.test.ts');
    expect(written.err).toContain('RangeError: disk');
  });

  it('calls an unknown failure a fault of its own', async () => {
    const { around, written } = surroundings();
    const verb = verbThat(async () => {
      throw new TypeError('x is undefined');
    });
    expect(await runProgram(['work'], [verb], around)).toBe(1);
    expect(written.err).toContain('COALMINE_DEBUG=1');
  });

  it('ends with 130 when the verb stops because it was told to', async () => {
    const stopping = new AbortController();
    const { around, written } = surroundings({ signal: stopping.signal });
    const verb = verbThat(async (io) => {
      stopping.abort(new CoalmineError('interrupted', 'interrupted'));
      io.signal.throwIfAborted();
      return EXIT.pass;
    });
    expect(await runProgram(['work'], [verb], around)).toBe(130);
    expect(written.err).toBe('interrupted\n');
  });

  it('ends with 130 when a call of the platform was aborted by the signal', async () => {
    const stopping = new AbortController();
    const { around } = surroundings({ signal: stopping.signal });
    const verb = verbThat(async () => {
      stopping.abort(new CoalmineError('interrupted', 'interrupted'));
      throw new DOMException('aborted', 'AbortError');
    });
    expect(await runProgram(['work'], [verb], around)).toBe(130);
  });
});
