import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasBroker,
  isOwnBroker,
  type TestBroker,
  testBroker,
} from '../support/broker/test-broker.ts';
import { mulberry32 } from '../support/random.ts';
import { inBackground, untilMoreVerdicts, waitSomewhere } from '../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../support/service/check.ts';
import { type PlaceOptions, type ServicePlace, servicePlace } from '../support/service/place.ts';
import { killAll, type ServiceProcess, startService } from '../support/service/process.ts';
import { readVerdicts } from '../support/service/stored.ts';
import { type Traffic, trafficOn } from '../support/service/traffic.ts';

const SEED = 4_2026;
const ROUNDS = 100;
const BROKER_ROUNDS = 12;
const DEADLINE_MS = 300_000;
const SERVICE: PlaceOptions = { sessionTimeoutMs: 1_500, window: { idleTimeout: '1m' } };
/** So slow that the log of an hour can be joined in batch. */
const SLOW = { requestsPerSecond: 60 };

describe.runIf(hasBroker)(`a service for a long time (seed ${SEED})`, () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  /** Closes all windows, ends the processes, compares everything and says what there was. */
  async function settle(
    place: ServicePlace,
    traffic: Traffic,
    processes: readonly ServiceProcess[],
  ): Promise<void> {
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs, { withinMs: DEADLINE_MS });
    for (const one of processes) await one.stop();
    await expectTruth(place, { closedMs, truth });
    const published = await readVerdicts(place);
    const pairs = [...truth.windows.values()].reduce((sum, { matched = 0 }) => sum + matched, 0);
    const lives = new Set(published.map(({ epoch }) => epoch)).size;
    process.stderr.write(
      `${truth.windows.size} windows, ${pairs} pairs, ${published.length} verdicts sent ` +
        `(${new Set(published.map(({ verdict }) => verdict.id)).size} different) in ${lives} lives\n`,
    );
  }

  it(`loses and doubles nothing in ${ROUNDS} kills of the service`, async () => {
    const place = await servicePlace(broker, SERVICE);
    const config = await place.configOf('data');
    const random = mulberry32(SEED);
    const traffic = await trafficOn(place, { seed: SEED, ...SLOW });
    const writing = inBackground(traffic, { pauseMs: 500 });
    for (let round = 0; round < ROUNDS; round++) {
      const service = startService('run', config);
      const isAtWork = round % 2 === 0;
      if (isAtWork) await untilMoreVerdicts(place, { withinMs: DEADLINE_MS });
      await waitSomewhere(random, 0, isAtWork ? 1_500 : 5_000);
      await service.kill();
    }
    await writing.end();
    const service = startService('run', config);
    await settle(place, traffic, [service]);
    const epochs = new Set((await readVerdicts(place)).map(({ epoch }) => epoch));
    expect(epochs.size).toBeGreaterThan(ROUNDS / 4);
  });

  it.each([
    'join.before-partials:7',
    'join.after-partials:7',
    'join.after-positions:9',
    'judge.before-commit:5',
    'judge.after-commit:5',
    'judge.before-verdicts:5',
    'judge.after-verdicts:5',
    'judge.before-profiles:1',
    'judge.after-profiles:1',
    'control.before-routing:1',
    'control.after-routing:1',
    'control.after-rolloutEvents:1',
    'control.before-positions:3',
  ])('loses and doubles nothing when the service ends at %s', async (at) => {
    const place = await servicePlace(broker, SERVICE);
    const config = await place.configOf('data');
    const traffic = await trafficOn(place, { seed: SEED + 3 });
    const writing = inBackground(traffic);
    const crashing = startService('run', config, { env: { COALMINE_CRASH_AT: at } });
    expect(await crashing.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await writing.end();
    const service = startService('run', config);
    await settle(place, traffic, [service]);
  });

  it(`loses and doubles nothing in ${ROUNDS} kills of one of two joiners`, async () => {
    const place = await servicePlace(broker, { ...SERVICE, partitionCount: 6 });
    const judge = startService('judge', await place.configOf('data'));
    const control = startService('control', await place.configOf('control'));
    const configs = [await place.configOf('one'), await place.configOf('two')];
    const random = mulberry32(SEED + 1);
    const traffic = await trafficOn(place, { seed: SEED + 1, ...SLOW });
    const writing = inBackground(traffic, { pauseMs: 500 });
    const joiners = configs.map((config) => startService('join', config));
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 3 === 0) await untilMoreVerdicts(place, { withinMs: DEADLINE_MS });
      await waitSomewhere(random, 0, 4_000);
      const victim = Math.floor(random() * joiners.length);
      await joiners[victim]?.kill();
      joiners[victim] = startService('join', configs[victim] ?? '');
    }
    await writing.end();
    await settle(place, traffic, [...joiners, judge, control]);
    expect([judge, control, ...joiners].some(({ isRunning }) => isRunning())).toBe(false);
  });

  it.runIf(isOwnBroker)(
    `loses and doubles nothing in ${BROKER_ROUNDS} ends of the broker, in order and not`,
    async () => {
      const place = await servicePlace(broker, { ...SERVICE, window: { idleTimeout: '1h' } });
      const service = startService('run', await place.configOf('data'));
      const random = mulberry32(SEED + 2);
      const traffic = await trafficOn(place, { seed: SEED + 2, ...SLOW });
      const writing = inBackground(traffic, { pauseMs: 500 });
      for (let round = 0; round < BROKER_ROUNDS; round++) {
        await untilMoreVerdicts(place, { withinMs: DEADLINE_MS });
        await waitSomewhere(random, 0, 3_000);
        await (round % 2 === 0 ? broker.stop() : broker.kill());
        await wait(random() * 6_000);
        await broker.restart();
      }
      await untilMoreVerdicts(place, { withinMs: DEADLINE_MS });
      await writing.end();
      expect(service.isRunning()).toBe(true);
      await settle(place, traffic, [service]);
    },
  );
});
