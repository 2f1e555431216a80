import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { byId } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const PARTITION_COUNT = 8;

describe.runIf(hasBroker)('1, 2 and 4 joiners', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('give the same windows and verdicts, whoever comes and goes in the middle', async () => {
    const options = { partitionCount: PARTITION_COUNT, sessionTimeoutMs: 1_500 };
    const four = await servicePlace(broker, options);
    const joinerOf = async (name: string) => {
      const joiner = startService('join', await four.configOf(name));
      await joiner.started;
      return joiner;
    };
    const rest = [
      startService('judge', await four.configOf('data')),
      startService('control', await four.configOf('control')),
    ];
    const traffic = await trafficOn(four, { seed: 3, requestsPerSecond: 300 });
    const writeOn = async () => {
      for (let i = 0; i < 6; i++) {
        await traffic.write(1_500);
        await wait(150);
      }
    };
    const first = await joinerOf('first');
    const second = await joinerOf('second');
    await writeOn();
    const third = await joinerOf('third');
    const fourth = await joinerOf('fourth');
    await writeOn();
    await second.kill();
    await writeOn();
    await first.stop();
    const fifth = await joinerOf('fifth');
    await writeOn();
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(four, closedMs);
    for (const one of [...rest, third, fourth, fifth]) await one.stop();
    const stored = await expectTruth(four, { closedMs, truth });

    const shared = { ...options, inputs: four.inputs };
    const two = await servicePlace(broker, shared);
    const processes = [
      startService('join', await two.configOf('first')),
      startService('run', await two.configOf('data')),
    ];
    await verdictsThrough(two, closedMs);
    for (const one of processes) await one.stop();
    const ofTwo = await expectTruth(two, { closedMs, truth });
    expect(byId(ofTwo.verdicts)).toEqual(byId(stored.verdicts));
    expect(ofTwo.windows).toEqual(stored.windows);

    const one = await servicePlace(broker, shared);
    const service = startService('run', await one.configOf('data'));
    await verdictsThrough(one, closedMs);
    await service.stop();
    const ofOne = await expectTruth(one, { closedMs, truth });
    expect(byId(ofOne.verdicts)).toEqual(byId(stored.verdicts));
    expect(ofOne.windows).toEqual(stored.windows);
  });
});
