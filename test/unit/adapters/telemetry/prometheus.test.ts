import { describe, expect, it } from 'vitest';
import { prometheusTelemetry } from '../../../../src/adapters/telemetry/prometheus.ts';
import { METRICS } from '../../../../src/pipeline/stream/telemetry.ts';

describe('a scrape', () => {
  it('describes every metric of ours, and the process', async () => {
    const telemetry = prometheusTelemetry({ version: '1.2.3' });
    const text = await telemetry.scrape();
    expect(telemetry.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const [name, { kind, about }] of Object.entries(METRICS)) {
      expect(text).toContain(`# HELP coalmine_${name} ${about}\n`);
      expect(text).toContain(`# TYPE coalmine_${name} ${kind}\n`);
    }
    expect(text).toContain('coalmine_build_info{version="1.2.3"} 1');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('adds partitions up when a metric has too many series, and says so', async () => {
    const telemetry = prometheusTelemetry({ version: '1', seriesMax: 4 });
    for (const topic of ['t', 'u']) {
      for (const partition of [0, 1, 2])
        telemetry.set('consumer_lag_records', { topic, partition }, partition + 1);
    }
    for (const partition of [0, 1, 2])
      telemetry.set('queued_records', { topic: 't', partition }, partition);
    const text = await telemetry.scrape();
    expect(text).toContain('coalmine_consumer_lag_records{topic="t",partition="all"} 6');
    expect(text).toContain('coalmine_consumer_lag_records{topic="u",partition="all"} 6');
    expect(text).not.toContain('coalmine_consumer_lag_records{topic="t",partition="0"}');
    expect(text).toContain('coalmine_queued_records{topic="t",partition="2"} 2');
    expect(text).toContain('coalmine_series_folded{metric="coalmine_consumer_lag_records"} 6');
    telemetry.forget({ topic: 'u' });
    const fewer = await telemetry.scrape();
    expect(fewer).toContain('coalmine_consumer_lag_records{topic="t",partition="0"} 1');
    expect(fewer).not.toContain('coalmine_series_folded{');
  });

  it('keeps counters of several scrapes apart from those before', async () => {
    const telemetry = prometheusTelemetry({ version: '1' });
    telemetry.count('rebalances_total', { group: 'g' });
    await telemetry.scrape();
    telemetry.count('rebalances_total', { group: 'g' });
    expect(await telemetry.scrape()).toContain('coalmine_rebalances_total{group="g"} 2');
  });
});
