import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { inBackground } from '../../../support/service/chaos.ts';
import { expectTruth, verdictsThrough } from '../../../support/service/check.ts';
import { servicePlace } from '../../../support/service/place.ts';
import { killAll, startService } from '../../../support/service/process.ts';
import { eventually } from '../../../support/service/read-topics.ts';
import { readDeadLetters, readVerdicts } from '../../../support/service/stored.ts';
import { trafficOn } from '../../../support/service/traffic.ts';

const HOUR_MS = 3_600_000;

describe.runIf(hasBroker)('a world that is not as it should be', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });
  afterAll(killAll);

  it('with clocks an hour ahead or behind: what is ahead is dead, what is behind is late', async () => {
    const place = await servicePlace(broker, {
      window: { futureMax: '60s', idleTimeout: '1h' },
    });
    const service = startService('run', await place.configOf('data'));
    const nowMs = Date.now();
    const right = await trafficOn(place, { seed: 31, startMs: nowMs - 20_000 });
    await right.write(4_000);
    const ahead = await trafficOn(place, { seed: 32, startMs: nowMs + HOUR_MS });
    const behind = await trafficOn(place, { seed: 33, startMs: nowMs - HOUR_MS });
    await ahead.write(1_000);
    await behind.write(1_000);
    await right.write(4_000);
    const closedMs = await right.close();
    for (const one of [right, ahead, behind]) await one.end();
    const truth = await verdictsThrough(place, closedMs);
    await service.stop();
    await expectTruth(place, { closedMs, truth });
    const dead = await readDeadLetters(place);
    expect(new Set(dead.map(({ reason }) => reason))).toEqual(new Set(['future']));
    const late = truth.partitions.reduce((sum, { counters }) => sum + counters.late, 0);
    for (const count of [dead.length, late]) {
      expect(count).toBeGreaterThan(300);
      expect(count).toBeLessThan(500);
    }
  });

  it.runIf(canMount())('with a full disk: says so, and goes on when there is room', async () => {
    const place = await servicePlace(broker);
    const config = await place.configOf('data');
    const folder = join(place.folder, 'data');
    const ballast = join(folder, 'ballast');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'none', folder]);
    try {
      const service = startService('run', config);
      const traffic = await trafficOn(place, { seed: 34 });
      const writing = inBackground(traffic);
      await eventually('a verdict', async () => (await readVerdicts(place))[0] ?? null);
      fill(ballast);
      await eventually(
        'a word about the disk',
        async () =>
          await Promise.resolve(/no space left|disk is full/i.test(service.said()) ? true : null),
      );
      expect(service.isRunning()).toBe(true);
      rmSync(ballast);
      await writing.end();
      const closedMs = await traffic.close();
      await traffic.end();
      const truth = await verdictsThrough(place, closedMs);
      await service.stop();
      await expectTruth(place, { closedMs, truth });
    } finally {
      await killAll();
      execFileSync('umount', ['-l', folder]);
    }
  });
});

/** Takes all the room that is left. */
function fill(file: string): void {
  for (let bytes = 64 * 1024 * 1024; bytes >= 4096; bytes /= 2) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // Less may still fit.
    }
  }
}

/** Whether this user may mount a small file system. */
function canMount(): boolean {
  const folder = '/tmp/coalmine-mount-probe';
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
