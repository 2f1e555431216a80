import { describe, expect, it } from 'vitest';
import { memoryTelemetry } from '../../src/adapters/telemetry/memory.ts';
import { prometheusTelemetry } from '../../src/adapters/telemetry/prometheus.ts';
import type { MetricName, Telemetry } from '../../src/pipeline/stream/telemetry.ts';

interface Probed {
  readonly telemetry: Telemetry;
  /** Lines as Prometheus writes them, without the prefix. */
  readonly lines: (name: MetricName) => Promise<readonly string[]>;
}

function memory(): Probed {
  const telemetry = memoryTelemetry();
  return {
    telemetry,
    async lines(name) {
      return telemetry.series(name).map(({ labels, value }) => {
        const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
        return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
      });
    },
  };
}

function prometheus(): Probed {
  const telemetry = prometheusTelemetry({ version: '1.0.0' });
  return {
    telemetry,
    async lines(name) {
      const text = await telemetry.scrape();
      return text
        .split('\n')
        .filter((line) => new RegExp(`^coalmine_${name}[ {]`).test(line))
        .map((line) => line.slice('coalmine_'.length));
    },
  };
}

describe.each([
  ['memory', memory],
  ['Prometheus', prometheus],
])('telemetry in %s', (_, open) => {
  it('adds counts up by their labels, in whatever order these stand', async () => {
    const { telemetry, lines } = open();
    telemetry.count('records_read_total', { rollout: 'a.1', partition: 3 }, 40);
    telemetry.count('records_read_total', { partition: '3', rollout: 'a.1' }, 2);
    telemetry.count('records_read_total', { rollout: 'a.1', partition: 4 });
    expect(await lines('records_read_total')).toEqual([
      'records_read_total{rollout="a.1",partition="3"} 42',
      'records_read_total{rollout="a.1",partition="4"} 1',
    ]);
  });

  it('keeps the last value of a gauge, also without labels', async () => {
    const { telemetry, lines } = open();
    telemetry.set('rollouts_running', {}, 2);
    telemetry.set('rollouts_running', {}, 1);
    expect(await lines('rollouts_running')).toEqual(['rollouts_running 1']);
  });

  it('drops the series of a rollout that is over, and of a partition that moved away', async () => {
    const { telemetry, lines } = open();
    for (const rollout of ['a.1', 'a.2']) telemetry.set('open_keys', { rollout }, 5);
    for (const partition of [0, 1])
      telemetry.set('consumer_lag_records', { topic: 't', partition }, 7);
    telemetry.forget({ rollout: 'a.1' });
    telemetry.forget({ topic: 't', partition: 0 });
    expect(await lines('open_keys')).toEqual(['open_keys{rollout="a.2"} 5']);
    expect(await lines('consumer_lag_records')).toEqual([
      'consumer_lag_records{topic="t",partition="1"} 7',
    ]);
  });

  it('drops nothing when no label is named', async () => {
    const { telemetry, lines } = open();
    telemetry.set('open_keys', { rollout: 'a.1' }, 5);
    telemetry.forget({});
    expect(await lines('open_keys')).toHaveLength(1);
  });
});
