import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { inBackground } from '../../../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { type ServicePlace, servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { eventually } from '../../../support/service/read-topics.ts';
import { readStored, readVerdicts } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const SESSION_MS = 1_500;

// Both mostly wait.
describe.runIf(hasBroker).concurrent('two instances of the service', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  /** The data folder of the instance that judged last: the other's holds what came before. */
  async function lastJudge(place: ServicePlace, folders: readonly string[]): Promise<string> {
    const counts = await Promise.all(
      folders.map(
        async (folder) => (await readStored(place, folder).catch(() => null))?.windows.length ?? 0,
      ),
    );
    return folders[counts.indexOf(Math.max(...counts))] ?? '';
  }

  it('agree on every window while members come and go every few seconds', async () => {
    const place = await servicePlace(broker, { sessionTimeoutMs: SESSION_MS });
    const folders = ['one', 'two', 'three'];
    const [one = '', two = '', three = ''] = await Promise.all(folders.map(place.configOf));
    const instances = [startService('run', one), startService('run', two)];
    await Promise.all(instances.map(async ({ started }) => await started));
    const traffic = await trafficOn(place, { seed: 4 });
    const writing = inBackground(traffic);
    for (let round = 0; round < 3; round++) {
      const guest = startService('run', three);
      await guest.started;
      await wait(2_500);
      await (round % 2 === 0 ? guest.stop() : guest.kill());
    }
    await writing.end();
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    expect(instances.every(({ isRunning }) => isRunning())).toBe(true);
    for (const instance of instances) await instance.stop();
    await expectTruth(place, { closedMs, truth, dataFolder: await lastJudge(place, folders) });
  });

  it('agree when one was frozen beyond its session and comes back fenced', async () => {
    const place = await servicePlace(broker, { sessionTimeoutMs: SESSION_MS });
    const frozen = startService('run', await place.configOf('frozen'));
    await frozen.started;
    const traffic = await trafficOn(place, { seed: 5 });
    const writing = inBackground(traffic);
    await eventually('a verdict', async () => (await readVerdicts(place))[0] ?? null);
    const other = startService('run', await place.configOf('other'));
    await other.started;
    for (let round = 0; round < 2; round++) {
      frozen.signal('SIGSTOP');
      await wait(3 * SESSION_MS);
      frozen.signal('SIGCONT');
      await wait(1_500);
    }
    await writing.end();
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    expect(frozen.isRunning()).toBe(true);
    await frozen.stop();
    await other.stop();
    const dataFolder = await lastJudge(place, ['frozen', 'other']);
    await expectTruth(place, { closedMs, truth, dataFolder });
  });
});
