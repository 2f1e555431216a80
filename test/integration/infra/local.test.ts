import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isRunning } from '../../../infra/local/service.ts';
import { type Run, servicesOf } from '../../../infra/local/stack.ts';

const LOCAL = fileURLToPath(new URL('../../../infra/local.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

interface Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function begin(args: readonly string[], env: NodeJS.ProcessEnv = {}): Begun {
  const child = spawn(process.execPath, [LOCAL, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, text });
    });
  });
  return { child, ended };
}

function local(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return begin(args, env).ended;
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'coalmine-infra-'));
}

function anyPorts(folder: string): string[] {
  return ['--folder', folder, '--kafka-port', '0', '--registry-port', '0'];
}

/** Command lines of all processes that have to do with that folder. */
function commandsAbout(folder: string): string[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
  const lines = stdout.split('\n');
  expect(lines.length).toBeGreaterThan(1);
  return lines.filter((line) => line.includes(folder));
}

function schemaOf(type: string): { type: SchemaType.AVRO; schema: string } {
  const record = { type: 'record', name: 'probe.Probe', fields: [{ name: 'n', type }] };
  return { type: SchemaType.AVRO, schema: JSON.stringify(record) };
}

describe('broker and registry on this machine', () => {
  let folder = '';
  let run: Run;

  beforeAll(async () => {
    folder = await newFolder();
    const up = await local(['up', ...anyPorts(folder)]);
    if (up.code !== 0) throw new Error(up.text);
    run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run;
  });

  afterAll(async () => {
    await local(['down', '--folder', folder]);
    await rm(folder, { recursive: true, force: true });
  });

  it('carries a record through a topic', async () => {
    const kafka = new Kafka({ brokers: [...run.brokers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'probe', numPartitions: 3 }] });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'probe', messages: [{ key: 'a', value: 'one' }] });
    const consumer = kafka.consumer({ groupId: 'probe' });
    await consumer.connect();
    await consumer.subscribe({ topics: ['probe'], fromBeginning: true });
    const value = await new Promise((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ message }) => {
            resolve(message.value?.toString());
          },
        })
        .catch(reject);
    });
    expect(value).toBe('one');
    await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
  });

  it('keeps schemas, and refuses one that readers could not read', async () => {
    const client = () => new SchemaRegistry({ host: run.registryUrl });
    const { id } = await client().register(schemaOf('int'), { subject: 'probe-value' });
    const bytes = await client().encode(id, { n: 7 });
    expect({ ...(await client().decode(bytes)) }).toEqual({ n: 7 });
    expect(await client().getLatestSchemaId('probe-value')).toBe(id);
    await expect(
      client().register(schemaOf('string'), { subject: 'probe-value' }),
    ).rejects.toMatchObject({ status: 409 });
    const wider = await client().register(schemaOf('long'), { subject: 'probe-value' });
    expect(wider.id).not.toBe(id);
  });

  it('says on a second start that it runs already', async () => {
    const again = await local(['up', ...anyPorts(folder)]);
    expect(again).toMatchObject({ code: 0, text: expect.stringContaining('it runs already') });
    expect(again.text).toContain(run.brokers[0]);
  });

  it('does not wipe what runs', async () => {
    const fresh = await local(['up', '--fresh', ...anyPorts(folder)]);
    expect(fresh).toMatchObject({ code: 1, text: expect.stringContaining('infra:down') });
  });

  it('leaves nothing running', async () => {
    const { kafka, registry } = servicesOf(run);
    expect([kafka, registry].map(isRunning)).toEqual([true, true]);
    const down = await local(['down', '--folder', folder]);
    expect(down).toMatchObject({ code: 0, text: expect.stringContaining(`pid ${kafka.pid}`) });
    expect([kafka, registry].map(isRunning)).toEqual([false, false]);
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
    expect((await local(['down', '--folder', folder])).text).toContain('nothing was running');
  });
});

describe('what does not come up', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await newFolder();
  });

  afterEach(async () => {
    await local(['down', '--folder', folder]);
    await rm(folder, { recursive: true, force: true });
  });

  it('shows the end of its log, and takes the other service down with it', async () => {
    await mkdir(join(folder, 'data', 'kafka-data'), { recursive: true });
    await writeFile(join(folder, 'data', 'kafka-data', 'meta.properties'), 'version=99\n');
    const up = await local(['up', ...anyPorts(folder)]);
    expect(up.code).toBe(1);
    expect(up.text).toMatch(/kafka ended while starting[^]*kafka\.log[^]*meta\.properties/);
    expect(commandsAbout(folder)).toEqual([]);
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { child, ended } = begin(['up', ...anyPorts(folder)]);
    while (child.exitCode === null && !existsSync(join(folder, 'run.json'))) await pause(20);
    expect(commandsAbout(folder).length).toBeGreaterThan(1);
    // Twice, as a terminal and npm together do it.
    child.kill('SIGINT');
    child.kill('SIGINT');
    const up = await ended;
    expect(up).toMatchObject({ code: 130, text: expect.stringContaining('nothing was left') });
    expect(commandsAbout(folder)).toEqual([]);
    expect(existsSync(join(folder, 'up.lock'))).toBe(false);
  });

  it('is never ended in place of a process that got its pid', async () => {
    const run = { pids: { kafka: process.pid, registry: process.ppid }, dataDir: folder };
    await writeFile(join(folder, 'run.json'), JSON.stringify(run));
    const down = await local(['down', '--folder', folder]);
    expect(down).toMatchObject({ code: 0, text: 'nothing was running\n' });
  });

  it('is refused a port that another program has', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const up = await local(['up', '--folder', folder, '--kafka-port', String(port)]);
    server.close();
    expect(up).toMatchObject({ code: 1, text: expect.stringContaining(`port ${port}`) });
  });
});

describe('a machine without what is needed', () => {
  let home = '';

  beforeEach(async () => {
    home = await newFolder();
  });

  afterEach(async () => {
    await rm(home, { recursive: true });
  });

  /** A Java that can do nothing but say its version. */
  async function javaOf(version: string): Promise<NodeJS.ProcessEnv> {
    await mkdir(join(home, 'bin'));
    const script = `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`;
    await writeFile(join(home, 'bin', 'java'), script, { mode: 0o755 });
    return { JAVA_HOME: home };
  }

  it('is told which Java to install', async () => {
    const up = await local(['up', '--folder', home], { JAVA_HOME: '/nowhere' });
    expect(up.code).toBe(1);
    expect(up.text).toMatch(/Java is not installed[^]*version 17[^]*JAVA_HOME/);
  });

  it('is told that its Java is too old', async () => {
    const env = await javaOf('1.8.0_392');
    const up = await local(['up', '--folder', home], env);
    expect(up).toMatchObject({ code: 1, text: expect.stringContaining('Java 8 is too old') });
  });

  it('is told to install Maven when the jars are not there yet', async () => {
    const env = { ...(await javaOf('17.0.15')), PATH: '/nowhere' };
    const up = await local(['up', '--folder', home, '--jars', join(home, 'jars')], env);
    expect(up.code).toBe(1);
    expect(up.text).toMatch(/Maven is not installed[^]*apt-get install maven/);
  });
});
