import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { eventually } from '../../../support/service/read-topics.ts';
import { countsOfSummary, readStored, readVerdicts } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';
import { truthOf } from '../../../support/service/truth.ts';

const GRACE_MS = 3_000;

describe.runIf(hasBroker)('late records of a plan that amends', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('make a second revision of their windows, also when a crash comes in between', async () => {
    const place = await servicePlace(broker, {
      window: { late: 'amend', grace: `${GRACE_MS}ms` },
      sessionTimeoutMs: 1_500,
    });
    const config = await place.configOf('data');
    const killed = startService('run', config);
    const traffic = await trafficOn(place, { seed: 51 });
    await traffic.write(12_000);
    const lateMs = traffic.nowMs() - 5_500;
    const verdictOf = async (atMs: number) =>
      await eventually(`the verdict of ${atMs}`, async () => {
        const verdicts = await readVerdicts(place);
        const isOf = ({ verdict }: (typeof verdicts)[number]): boolean =>
          verdict.windowStartMs <= atMs && atMs < verdict.windowEndMs;
        return verdicts.find(isOf) ?? null;
      });
    await verdictOf(lateMs);
    const late = await trafficOn(place, { seed: 52, startMs: lateMs, requestsPerSecond: 100 });
    await late.write(300);
    await traffic.write(1_000);
    await killed.kill();
    const service = startService('run', config);
    await traffic.write(10_000);
    const closedMs = await traffic.close();
    await Promise.all([traffic.end(), late.end()]);
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();

    const { windows, verdicts } = await readStored(place);
    const revision = (number: number) =>
      windows
        .filter((summary) => summary.revision === number && summary.windowStartMs < closedMs)
        .map((summary) => [summary.windowStartMs, countsOfSummary(summary)] as const);
    const known = [...truth.windows].filter(([startMs]) => startMs < closedMs);
    expect(revision(0)).toEqual(known);
    const patient = await truthOf(place, { ...place.plan.window, graceMs: 2 * GRACE_MS });
    const amended = known.flatMap(([startMs, counts]) => {
      const later = patient.windows.get(startMs) ?? {};
      return JSON.stringify(later) === JSON.stringify(counts) ? [] : [[startMs, later] as const];
    });
    expect(amended).toHaveLength(1);
    expect(revision(1)).toEqual(amended);
    expect(verdicts).toHaveLength(revision(0).length);
  });
});
