import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { hasPython, pythonWith } from '../../../support/python.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../infra/examples/python/', import.meta.url));

describe.runIf(hasBroker)('the service, end to end', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('stores and publishes what a batch join of the log gives, cells learned on the way', async () => {
    const place = await servicePlace(broker);
    const service = startService('run', await place.configOf('data'));
    const traffic = await trafficOn(place, { seed: 1 });
    await traffic.write(40_000);
    const closedMs = await traffic.close();
    await traffic.end();
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    const { windows } = await expectTruth(place, { closedMs, truth });
    expect(windows.at(-1)?.fields.map(({ field }) => field.name)).toEqual([
      'score',
      'feature.amount',
      'feature.country',
    ]);
  });

  it.runIf(hasPython)(
    'joins what a Python program logs, which then reads the verdicts',
    async () => {
      const python = await pythonWith(join(EXAMPLE, 'requirements.txt'));
      const run = async (program: string, ...args: readonly string[]): Promise<string> => {
        const places = ['--brokers', broker.brokers.join(), '--registry', broker.registryUrl];
        const all = [join(EXAMPLE, program), ...places, ...args];
        return (await promisify(execFile)(python, all, { timeout: 60_000 })).stdout;
      };
      const place = await servicePlace(broker, {
        window: { grace: '1s', futureMax: '60s', idleTimeout: '1s' },
      });
      const service = startService('run', await place.configOf('data'));
      const { current, canary, outcomes } = place.inputs;
      const topics = ['--current', current, '--canary', canary, '--outcomes', outcomes];
      // Its last request is of that time; when the log is silent the clock closes what is before now.
      const startMs = Date.now();
      await run('producer.py', ...topics, '--requests', '500', '--start-ms', String(startMs));
      const closedMs = startMs + 6_000;
      const truth = await verdictsThrough(place, closedMs);
      const count = String(truth.windows.size);
      const printed = await run(
        'verdicts.py',
        '--topic',
        place.own.verdicts,
        '--group',
        place.prefix,
        '--count',
        count,
      );
      await service.stop();
      const { verdicts } = await expectTruth(place, { closedMs, truth });
      const read = printed.trimEnd().split('\n');
      expect(read.map((line) => JSON.parse(line))).toMatchObject(
        verdicts.map(({ id, decision, reason }) => ({ id, decision, reason })),
      );
      expect([...truth.windows.values()].reduce((sum, { matched = 0 }) => sum + matched, 0)).toBe(
        500,
      );
    },
  );
});
