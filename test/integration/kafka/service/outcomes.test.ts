import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { untilMoreVerdicts } from '../../../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { type ServicePlace, servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { readAll } from '../../../support/service/read-topics.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const HORIZON_MS = 12_000;
const AFTER_MS = 6_000;
const SPEC = [
  'metrics:',
  '  - { name: error-rate, type: errorRate, tolerance: { ratio: 1.25 } }',
  '  - { name: label-loss, type: outcome, outcome: late, attribution: label, loss: squared, ' +
    `tolerance: { ratio: 1.05 }, outcomeHorizon: ${HORIZON_MS}ms, gates: last }`,
];

interface Labelled {
  pairs: number;
  labelled: number;
  lossCurrent: number;
  lossCanary: number;
}

describe.runIf(hasBroker)('outcomes from a topic of their own', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('meet their requests after restarts and moves between joiners with folders of their own', async () => {
    const place = await servicePlace(broker, { spec: SPEC, sessionTimeoutMs: 1_500 });
    const judge = startService('judge', await place.configOf('data'));
    const control = startService('control', await place.configOf('control'));
    const oneFile = await place.configOf('one');
    const traffic = await trafficOn(place, { seed: 41, outcomesAfterMs: AFTER_MS });
    let one = startService('join', oneFile);
    await traffic.write(8_000);
    await untilMoreVerdicts(place);
    await one.kill();
    one = startService('join', oneFile);
    await traffic.write(4_000);
    await untilMoreVerdicts(place);
    const two = startService('join', await place.configOf('two'));
    await two.started;
    await traffic.write(4_000);
    await untilMoreVerdicts(place);
    await one.stop();
    await traffic.write(8_000);
    await untilMoreVerdicts(place);
    one = startService('join', oneFile);
    await one.started;
    await traffic.write(4_000);
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    for (const each of [judge, control, one, two]) await each.stop();
    const { windows } = await expectTruth(place, { closedMs, truth });

    const found = windows.flatMap(({ maturedOutcomes }) => maturedOutcomes);
    const wanted = await labelledOf(place);
    const isDue = (startMs: number): boolean =>
      startMs + place.plan.window.lengthMs + HORIZON_MS <= closedMs;
    expect(found.map(({ requestWindowStartMs }) => requestWindowStartMs)).toEqual(
      [...wanted.keys()].filter(isDue).toSorted((left, right) => left - right),
    );
    for (const { requestWindowStartMs, pairs, labelled, ...losses } of found) {
      const truly = wanted.get(requestWindowStartMs);
      expect({ pairs, labelled }).toEqual({ pairs: truly?.pairs, labelled: truly?.labelled });
      expect(losses.lossCurrentSum).toBeCloseTo(truly?.lossCurrent ?? 0, 3);
      expect(losses.lossCanarySum).toBeCloseTo(truly?.lossCanary ?? 0, 3);
    }
  });
});

/** Pairs with two scores by the window of their request, and their losses, from the topics. */
async function labelledOf(place: ServicePlace): Promise<ReadonlyMap<number, Labelled>> {
  const registry = new SchemaRegistry({ host: place.broker.registryUrl });
  const { current, canary, outcomes } = place.inputs;
  const firsts = { current: new Map(), canary: new Map(), outcomes: new Map() };
  for (const { topic, message } of await readAll(place.kafka, [current, canary, outcomes])) {
    const value = await registry.decode(message.value ?? Buffer.alloc(0));
    const of =
      topic === current ? firsts.current : topic === canary ? firsts.canary : firsts.outcomes;
    if (!of.has(value.request_id)) of.set(value.request_id, value);
  }
  const windows = new Map<number, Labelled>();
  const { lengthMs } = place.plan.window;
  for (const [requestId, ofCurrent] of firsts.current) {
    const ofCanary = firsts.canary.get(requestId);
    if (ofCurrent.score === null || (ofCanary?.score ?? null) === null) continue;
    const startMs = Math.floor(ofCurrent.event_time / lengthMs) * lengthMs;
    const sum = windows.get(startMs) ?? { pairs: 0, labelled: 0, lossCurrent: 0, lossCanary: 0 };
    sum.pairs += 1;
    const outcome = firsts.outcomes.get(requestId);
    if (outcome !== undefined) {
      sum.labelled += 1;
      sum.lossCurrent += (ofCurrent.score - outcome.value) ** 2;
      sum.lossCanary += (ofCanary.score - outcome.value) ** 2;
    }
    windows.set(startMs, sum);
  }
  return windows;
}
