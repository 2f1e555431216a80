import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import { hasBroker, testBroker } from '../../support/broker/test-broker.ts';
import { runCli } from '../../unit/cli/run-cli.ts';

const CLI = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const DEMO = fileURLToPath(new URL('../../../src/demo/kafka.ts', import.meta.url));

interface Process {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when it has written this; rejects when it ends without it. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

function start(cwd: string, ...args: readonly string[]): Process {
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      child.emit('said');
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, text }));
  return {
    kill: (signal) => child.kill(signal),
    ended,
    async said(pattern) {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        const isOver = await Promise.race([ended.then(() => true), once(child, 'said')]);
        if (isOver === true) throw new Error(`it ended without saying ${pattern}: ${text}`);
      }
    },
  };
}

describe.runIf(hasBroker)('the demo over Kafka', () => {
  let folder: string;
  let service: Process;
  const started: Process[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coalmine-live-'));
    const { brokers, registryUrl } = await testBroker();
    const prefix = `demo.${randomUUID().slice(0, 8)}`;
    const topics = Object.entries(OWN_TOPICS).map(
      ([key, name]) => `  ${key}: { name: ${prefix}.${name} }`,
    );
    const config = [
      `kafka: { brokers: ['${brokers.join("', '")}'] }`,
      `registry: { url: '${registryUrl}' }`,
      `groupPrefix: ${prefix}`,
      'http: { port: 0 }',
      'topics:',
      ...topics,
    ];
    await writeFile(join(folder, 'coalmine.yaml'), `${config.join('\n')}\n`);
  });

  afterAll(async () => {
    for (const one of started) one.kill('SIGKILL');
    await Promise.all(started.map(async (one) => await one.ended));
    await rm(folder, { recursive: true, force: true });
  });

  function demo(...args: readonly string[]): Process {
    const one = start(folder, DEMO, '-c', 'coalmine.yaml', '--speed', 'max', ...args);
    started.push(one);
    return one;
  }

  it('waits for coalmine, and its better canary gets traffic', async () => {
    const first = demo();
    await first.said(/in another terminal: .* run -c coalmine\.yaml/);
    service = start(folder, CLI, 'run', '-c', 'coalmine.yaml');
    started.push(service);
    await first.said(/hour +5\d .* canary serves 1 %/);
    first.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 130 });
  });

  it('goes on where it was stopped', async () => {
    const again = demo();
    await again.said(/flights-healthy\.1 goes on with hour 5\d/);
    await again.said(/hour +60 .* canary serves 1 % .* last verdict: hold, 7 of 7 checks pass/);
    again.kill('SIGINT');
    expect(await again.ended).toMatchObject({ code: 130 });
  });

  it('rolls the canary with old features back in shadow, and shows where that can be seen', async () => {
    const { code, text } = await demo('--fault', 'day-old').ended;
    expect(text).toContain('took away flights-healthy.1');
    expect(text).toMatch(/flights-day-old\.1: rolled back after 0\.\d days of flights/);
    expect(text).toContain('last verdict: disagreement: canary answers differ from current in');
    expect(code).toBe(0);
    const out = join(folder, 'data/rollouts/flights-day-old.1');
    const table = JSON.parse(await readFile(join(out, 'routing.json'), 'utf8'));
    expect(table).toMatchObject({ rollout_id: 'flights-day-old.1', shares: [{ share: 0 }] });
    const status = await runCli(['status', '--out', out]);
    expect(status.stdout).toMatch(/flights-day-old\.1 .* rolled back/);
    service.kill('SIGTERM');
    expect(await service.ended).toMatchObject({ code: 0 });
  });
});
