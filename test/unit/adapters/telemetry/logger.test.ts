import { describe, expect, it } from 'vitest';
import { openLogger } from '../../../../src/adapters/telemetry/logger.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';

function logger(options: { level?: string; secrets?: readonly string[] } = {}) {
  const lines: string[] = [];
  const log = openLogger({
    level: options.level,
    secrets: options.secrets ?? [],
    to: { write: (line) => lines.push(line) },
  });
  return { log, lines, parsed: () => lines.map((line): unknown => JSON.parse(line)) };
}

describe('the log', () => {
  it('is one JSON object a line, with a level in words', () => {
    const { log, lines, parsed } = logger();
    log.info({ rolloutId: 'a.1' }, 'a stage began');
    expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
    expect(parsed()).toMatchObject([
      { level: 'info', name: 'coalmine', rolloutId: 'a.1', msg: 'a stage began' },
    ]);
  });

  it.each([
    [undefined, 2],
    ['', 2],
    ['warn', 1],
    ['debug', 3],
    ['silent', 0],
  ])('at level %s keeps what is not below it', (level, kept) => {
    const { log, lines } = logger(level === undefined ? {} : { level });
    log.debug('a');
    log.info('b');
    log.warn('c');
    expect(lines).toHaveLength(kept);
  });

  it('refuses a level that is none, and names the valid ones', () => {
    expect(() => logger({ level: 'loud' })).toThrow('loud is no log level');
  });

  it('hides what is called a secret', () => {
    const { log, parsed } = logger();
    log.info({ password: 'a', kafka: { clientSecret: 'b', user: 'u' } }, 'settings');
    expect(parsed()).toMatchObject([
      { password: '***', kafka: { clientSecret: '***', user: 'u' } },
    ]);
  });

  it('hides the text of a secret wherever it stands', () => {
    const { log, lines } = logger({ secrets: ['pa"ss word', 'x', 'pa"ss'] });
    log.error({ err: new Error('cannot log in as u with pa"ss word') }, 'x pa"ss word x');
    expect(lines.join('')).not.toContain('ss word');
    expect(lines.join('')).toContain('"msg":"x *** x"');
  });

  it('says the code, the hints and the cause of a failure', () => {
    const { log, parsed } = logger();
    const error = new CoalmineError('broker_unavailable', 'no broker answers', {
      cause: new Error('ECONNREFUSED'),
      hints: ['is it running?'],
    });
    log.error({ err: error }, 'stopped');
    log.error({ err: 'odd' }, 'stopped');
    expect(parsed()).toMatchObject([
      {
        err: {
          code: 'broker_unavailable',
          message: 'no broker answers',
          hints: ['is it running?'],
          cause: { message: 'ECONNREFUSED' },
        },
      },
      { err: { message: 'odd' } },
    ]);
  });
});
