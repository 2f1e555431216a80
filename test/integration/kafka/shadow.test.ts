import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kafkaClient } from '../../../src/adapters/kafka/connect.ts';
import { kafkaWriter } from '../../../src/adapters/kafka/writer.ts';
import { confluentRegistry } from '../../../src/adapters/registry/confluent-registry.ts';
import { outsideOf } from '../../../src/app/service/config/outside.ts';
import { parseServiceConfig } from '../../../src/app/service/read-config.ts';
import type { ServiceConfig } from '../../../src/app/service/service-config.ts';
import { predictionEncoder, predictionReader } from '../../../src/app/shadow-codec.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { hasBroker, testBroker } from '../../support/broker/test-broker.ts';
import { current } from '../../support/predictions.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const PLAN =
  'apiVersion: coalmine.dev/v1\nkind: Rollout\nmetadata: { name: fraud-v7 }\n' +
  'spec: { model: fraud, current: v6, canary: v7, stepWeights: [100] }\n';
const REQUEST_COUNT = 600;

/** A service on the test broker, with topics and groups of its own. */
interface ServiceGiven {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly prefix: string;
  /** Where its config and its plan are. */
  readonly folder: string;
}

function configText({ brokers, registryUrl, prefix }: ServiceGiven): string {
  return `
kafka: { brokers: [${brokers.map((one) => `'${one}'`).join()}], sessionTimeout: 6s, heartbeatInterval: 500ms }
registry: { url: '${registryUrl}' }
groupPrefix: ${prefix}
topics: { rollouts: { name: ${prefix}.rollouts }, deadLetters: { name: ${prefix}.dead-letters } }
inputs: [{ topic: ${prefix}.current }, { topic: ${prefix}.canary }]
`;
}

function serviceConfigOf(given: ServiceGiven): ServiceConfig {
  const result = parseServiceConfig(configText(given), 'coalmine.yaml', outsideOf({}));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

let server: Server | undefined;
let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coalmine-shadow-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  server?.closeAllConnections();
  server?.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A canary with weak moments: some requests fail at first, some lose their connection, some always fail. */
async function startCanary(onRequest: (count: number) => void) {
  const seen = new Map<string, number>();
  let count = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      count += 1;
      onRequest(count);
      const { request_id: id, features } = JSON.parse(body);
      const attempt = (seen.get(id) ?? 0) + 1;
      seen.set(id, attempt);
      const n = Number(id.slice(2));
      const isSent = request.headers['x-request-id'] === id;
      if (n % 50 === 7) response.writeHead(500).end();
      else if (n % 11 === 3 && attempt === 1) response.writeHead(503).end();
      else if (n % 13 === 5 && attempt === 1) request.socket.destroy();
      else response.end(JSON.stringify(isSent ? { score: features.amount / 1000 } : {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/score`;
}

async function prepare(given: ServiceGiven): Promise<void> {
  const kafka = new Kafka({ brokers: [...given.brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const names = [`${given.prefix}.current`, `${given.prefix}.canary`];
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 3 })) });
  await admin.disconnect();
  const config = serviceConfigOf(given);
  const [topic = ''] = names;
  const encode = predictionEncoder(
    { topic, format: 'avro' },
    () => false,
    confluentRegistry(config.registry),
  );
  const writer = kafkaWriter(await kafkaClient(config.kafka, { log: () => {} }));
  const logged = Array.from({ length: REQUEST_COUNT }, (_, i) =>
    current(`r-${i}`, 986_947_200_000 + i, { features: { amount: i }, served: true }),
  );
  const records = await Promise.all(
    logged.map(async (one) => ({ key: one.requestId, value: await encode(one) })),
  );
  await writer.send(topic, records);
  await writer.close();
}

/** Everything on the canary's topic, in the order of each partition. */
async function answersOf(given: ServiceGiven): Promise<{ partition: number; value: Prediction }[]> {
  const topic = `${given.prefix}.canary`;
  const config = serviceConfigOf(given);
  const kafka = new Kafka({ brokers: [...given.brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const expected = ends.reduce((sum, { offset }) => sum + Number(offset), 0);
  const reader = predictionReader(
    { topic, format: 'avro', fieldMap: null },
    confluentRegistry(config.registry),
    { ...config.limits, requestIdLengthMax: 256, currentVersion: 'v6' },
  );
  const consumer = kafka.consumer({ groupId: `${given.prefix}.reading` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const found: { partition: number; value: Prediction }[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({
      partition,
      message,
    }: {
      partition: number;
      message: { key: Buffer | null; value: Buffer | null };
    }) => {
      const record = {
        offset: 0,
        timestampMs: 0,
        headers: {},
        key: message.key,
        value: message.value,
      };
      const at = { topic, partition, nextOffset: 1, endOffset: 1, askedAtMs: 0, receivedAtMs: 0 };
      const [read] = await reader.read({ ...at, records: [record] });
      if (read?.parsed.ok !== true) throw new Error(JSON.stringify(read?.parsed));
      found.push(...read.parsed.value.map((value) => ({ partition, value })));
      if (found.length >= expected) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

function start(given: ServiceGiven, url: string): ChildProcess {
  const { prefix } = given;
  const args = `shadow --from ${prefix}.current --to ${prefix}.canary --call ${url} --rate 400 --concurrency 4`;
  const flags = ['--retries', '2', '--once', '--plan', 'plan.yaml', '-o', 'json'];
  const node = ['--disable-warning=TimeoutNegativeWarning', MAIN];
  const child = spawn(process.execPath, [...node, ...args.split(' '), ...flags], {
    cwd: given.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function textOf(stream: Readable | null): Promise<string> {
  let text = '';
  for await (const part of stream ?? []) text += String(part);
  return text;
}

describe.runIf(hasBroker)('asking the canary from the log of a real broker', () => {
  it('gives every request exactly one usable answer, though the canary is weak and the process is killed', async () => {
    const { brokers, registryUrl } = await testBroker();
    const given = { brokers, registryUrl, prefix: 'shadow', folder };
    writeFileSync(join(folder, 'coalmine.yaml'), configText(given));
    writeFileSync(join(folder, 'plan.yaml'), PLAN);
    await prepare(given);
    const url = await startCanary((count) => {
      if (count === 200) children[0]?.kill('SIGKILL');
    });
    const killed = start(given, url);
    const [, signal] = await once(killed, 'exit');
    expect(signal).toBe('SIGKILL');
    const second = start(given, url);
    const [out, err] = await Promise.all([textOf(second.stdout), textOf(second.stderr)]);
    expect(err).toContain('It cannot see:');
    expect(err).toContain('fraud-v7.1: asks v7 at http://127.0.0.1:');

    const answers = await answersOf(given);
    const first = new Map<string, Prediction>();
    for (const { value } of answers)
      if (!first.has(value.requestId)) first.set(value.requestId, value);
    expect(first.size).toBe(REQUEST_COUNT);
    for (const [id, { score, error, served, version, latencyMs }] of first) {
      const n = Number(id.slice(2));
      const isFailing = n % 50 === 7;
      expect({ id, score, error }).toEqual(
        isFailing ? { id, score: null, error: 'http_500' } : { id, score: n / 1000, error: null },
      );
      expect({ served, version }).toEqual({ served: false, version: 'v7' });
      expect(latencyMs).toBeGreaterThan(0);
    }
    const repeated = answers.length - REQUEST_COUNT;
    expect(repeated).toBeLessThanOrEqual(16 * 4 + 4);
    const { counts } = JSON.parse(out);
    expect(counts.answered + counts.failed).toBe(counts.asked);
    expect(counts.asked).toBeLessThan(REQUEST_COUNT);
    expect(counts.asked).toBeGreaterThan(REQUEST_COUNT - 200 - 1);
  });
});
