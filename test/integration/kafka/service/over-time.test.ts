import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainOverTime } from '../../../../src/app/explain-over-time.ts';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace, storeFolder } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

describe.runIf(hasBroker)('the evidence of a service over time', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('is derived byte for byte from the data folder, before and after a change of the plan', async () => {
    const place = await servicePlace(broker);
    const config = await place.configOf('data');
    const explained = async () =>
      await explainOverTime({
        folder: storeFolder(place, 'data'),
        rolloutId: place.rolloutId,
        plan: null,
        signal: new AbortController().signal,
      });
    const service = startService('run', config);
    const traffic = await trafficOn(place, { seed: 3 });
    await traffic.write(10_000);
    await verdictsThrough(place, traffic.nowMs() - 4_000);
    await service.stop();
    const first = await explained();
    expect(first.verdictCount).toBeGreaterThan(4);
    expect(first.report.budget.spentCount).toBe(1);

    await appendFile(join(place.folder, 'plan.yaml'), '  falseRollbackRate: 0.02\n');
    const changed = startService('run', config);
    await traffic.write(10_000);
    const closedMs = await traffic.close();
    await traffic.end();
    await verdictsThrough(place, closedMs);
    await changed.stop();
    const { report, verdictCount } = await explained();
    expect(verdictCount).toBeGreaterThan(first.verdictCount);
    expect(report.budget).toMatchObject({ spentCount: 2, falseRollbackRateSum: 0.03 });
    expect(report.account.matched).toBeGreaterThan(first.report.account.matched);
    const { series } = report.average;
    expect(series.slice(0, first.verdictCount)).toEqual(first.report.average.series);
  });
});
