import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { mulberry32 } from '../../../support/random.ts';
import { inBackground, untilMoreVerdicts, waitSomewhere } from '../../../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { readVerdicts } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const SEED = 20261125;
const ROUNDS = 10;

describe.runIf(hasBroker)('a service that is killed', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it(`loses and doubles nothing when it is killed ${ROUNDS} times at random (seed ${SEED})`, async () => {
    const place = await servicePlace(broker, { sessionTimeoutMs: 1_500 });
    const config = await place.configOf('data');
    const random = mulberry32(SEED);
    const traffic = await trafficOn(place, { seed: SEED });
    const writing = inBackground(traffic);
    for (let round = 0; round < ROUNDS; round++) {
      const service = startService('run', config);
      // Every other time while it begins, else at work.
      if (round % 2 === 0) await untilMoreVerdicts(place);
      await waitSomewhere(random, 0, round % 2 === 0 ? 1_000 : 4_000);
      await service.kill();
    }
    await writing.end();
    const closedMs = await traffic.close();
    await traffic.end();
    const service = startService('run', config);
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    await expectTruth(place, { closedMs, truth });
    const epochs = new Set((await readVerdicts(place)).map(({ epoch }) => epoch));
    expect(epochs.size, 'lives in which verdicts were published').toBeGreaterThan(3);
  });

  describe('at a certain place', () => {
    it.each(['judge.before-verdicts:4', 'judge.after-verdicts:4', 'join.after-partials:4'])(
      'goes on after %s',
      { timeout: 120_000 },
      async (at) => {
        const place = await servicePlace(broker, { sessionTimeoutMs: 1_500 });
        const config = await place.configOf('data');
        const traffic = await trafficOn(place, { seed: 7 });
        const writing = inBackground(traffic);
        const crashing = startService('run', config, { env: { COALMINE_CRASH_AT: at } });
        expect(await crashing.exited).toEqual({ code: null, signal: 'SIGKILL' });
        await writing.end();
        const closedMs = await traffic.close();
        await traffic.end();
        const service = startService('run', config);
        const truth = await verdictsThrough(place, closedMs);
        await service.stop();
        await expectTruth(place, { closedMs, truth });
      },
    );
  });
});
