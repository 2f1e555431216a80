import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOwnBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { inBackground } from '../../../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { eventually } from '../../../support/service/read-topics.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const SESSION_MS = 1_500;
const FEATURES = { amount: 'number', country: 'string' } as const;

describe.runIf(isOwnBroker)('a service whose neighbours are away', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('goes on when the broker was stopped for longer than a session', async () => {
    const place = await servicePlace(broker, {
      sessionTimeoutMs: SESSION_MS,
      window: { idleTimeout: '1h' },
    });
    const service = startService('run', await place.configOf('data'));
    await service.started;
    const traffic = await trafficOn(place, { seed: 8 });
    const writing = inBackground(traffic);
    await wait(3_000);
    await broker.stop();
    await wait(3 * SESSION_MS);
    await broker.restart();
    await wait(3_000);
    await writing.end();
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    expect(service.said()).toContain('does not answer');
    await expectTruth(place, { closedMs, truth });
  });

  it('waits for a registry that is away at its start', async () => {
    const place = await servicePlace(broker, { sessionTimeoutMs: SESSION_MS });
    const traffic = await trafficOn(place, { seed: 9 });
    await traffic.write(5_000);
    const closedMs = await traffic.close();
    await broker.registry.stop();
    const service = startService('run', await place.configOf('data'));
    await eventually('a word about the registry', async () =>
      service.said().includes('registry') ? true : await Promise.resolve(null),
    );
    expect(service.isRunning()).toBe(true);
    await broker.registry.restart();
    const truth = await verdictsThrough(place, closedMs);
    await traffic.end();
    await service.stop();
    await expectTruth(place, { closedMs, truth });
  });

  it('waits for a registry that goes away before a new schema is met', async () => {
    const place = await servicePlace(broker, { sessionTimeoutMs: SESSION_MS });
    const service = startService('run', await place.configOf('data'));
    const traffic = await trafficOn(place, { seed: 10, features: FEATURES });
    await traffic.write(5_000);
    await verdictsThrough(place, traffic.nowMs() - 4_000);
    const upgraded = await trafficOn(place, {
      seed: 11,
      startMs: traffic.nowMs(),
      features: { ...FEATURES, channel: 'string' },
    });
    // Its schema is registered while the service stands still, and is not to be had when it goes on.
    service.signal('SIGSTOP');
    await upgraded.write(1_000);
    await broker.registry.stop();
    service.signal('SIGCONT');
    await upgraded.write(4_000);
    const closedMs = await upgraded.close();
    await eventually('a word about the registry', async () =>
      service.said().includes('registry') ? true : await Promise.resolve(null),
    );
    expect(service.isRunning()).toBe(true);
    await broker.registry.restart();
    const truth = await verdictsThrough(place, closedMs);
    await traffic.end();
    await upgraded.end();
    await service.stop();
    await expectTruth(place, { closedMs, truth });
  });
});
