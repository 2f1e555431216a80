import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createProducer } from '../../../src/producer/producer.ts';
import { mulberry32 } from '../../support/random.ts';
import { modelName, topicsOf, VERSIONS } from './thirty-files.ts';

/** Writes the answers of both versions of so many models at a steady rate, in real time, until it is ended. */

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    registry: { type: 'string', default: '' },
    models: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100' },
    topics: { type: 'string', default: 'own' },
  },
});

const TICK_MS = 50;
const modelCount = Number(values.models);
const places = { topics: values.topics === 'shared' ? 'shared' : 'own' } as const;
const perTick = (modelCount * Number(values.rate) * TICK_MS) / 1000;
const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'PL', 'NL'];
const FEATURES = ['amount', 'age_days', 'items', 'distance', 'tries', 'hour'];

const producer = await createProducer({
  kafka: values.brokers.split(','),
  registryUrl: values.registry,
  topics: {
    predictions: ({ model, version }) =>
      topicsOf(places, model)[version === VERSIONS.current ? 'current' : 'canary'],
  },
  schema: {
    features: Object.fromEntries(FEATURES.map((name) => [name, 'number'])),
    context: { country: 'string' },
  },
  compression: 'lz4',
});

const random = mulberry32(30);
let number = 0;

async function answerBoth(): Promise<void> {
  const model = modelName(number % modelCount);
  const request_id = `r-${number}`;
  number += 1;
  const features = Object.fromEntries(FEATURES.map((name) => [name, random() * 100]));
  const context = { country: COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? 'DE' };
  const score = random();
  const event_time = Date.now();
  const common = { request_id, model, event_time, features, context };
  const noise = 0.02 * (random() - 0.5);
  const canaryScore = Math.min(1, Math.max(0, score + noise));
  await producer.predict({
    ...common,
    version: VERSIONS.current,
    served: true,
    score,
    latency_ms: 10 + 5 * random(),
  });
  await producer.predict({
    ...common,
    version: VERSIONS.canary,
    served: false,
    score: canaryScore,
    latency_ms: 10 + 5 * random(),
  });
}

const ending = new AbortController();
process.on('SIGTERM', () => {
  ending.abort();
});
const startedAtMs = performance.now();
let due = 0;
for (let tick = 1; !ending.signal.aborted; tick++) {
  due += perTick;
  while (number < due) await answerBoth();
  await pause(Math.max(0, startedAtMs + tick * TICK_MS - performance.now()));
}
await producer.close();
process.stdout.write(
  `${JSON.stringify({ requestCount: number, seconds: (performance.now() - startedAtMs) / 1000 })}\n`,
);
