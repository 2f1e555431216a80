import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dockerHost } from '../../support/broker/docker-broker.ts';
import { givenBroker } from '../../support/broker/global-setup.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The suite on a machine without Java and without a given broker. */
function suiteWithout(env: NodeJS.ProcessEnv): Promise<{ code: number | null; text: string }> {
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const args = [vitest, 'run', '--project', 'kafka', 'test/integration/kafka/broker.test.ts'];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, COALMINE_TEST_BROKERS: '', JAVA_HOME: '/nowhere', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, text });
    });
  });
}

describe('the broker of the tests', () => {
  it('is the given one, with its registry', () => {
    const env = { COALMINE_TEST_BROKERS: 'a:1,b:2', COALMINE_TEST_REGISTRY: 'http://c:3' };
    expect(givenBroker(env)).toEqual({
      kind: 'given',
      brokers: ['a:1', 'b:2'],
      registryUrl: 'http://c:3',
    });
    expect(givenBroker({})).toBeNull();
  });

  it('is not taken without its registry', () => {
    expect(() => givenBroker({ COALMINE_TEST_BROKERS: 'a:1' })).toThrow('COALMINE_TEST_REGISTRY');
  });
});

describe.runIf((await dockerHost()) === null)('a machine on which no broker can be had', () => {
  it('says in one line what was not run', async () => {
    const { code, text } = await suiteWithout({ CI: '' });
    expect(code).toBe(0);
    expect(text).toMatch(/^!+ NOT RUN: test\/integration\/kafka.*Java is not installed.*$/m);
  });

  it('fails where all of it must run', async () => {
    const { code, text } = await suiteWithout({ CI: 'true' });
    expect(code).not.toBe(0);
    expect(text).toContain('NOT RUN: test/integration/kafka');
  });
});
