import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SERIES_PER_METRIC_MAX } from '../../src/adapters/telemetry/prometheus.ts';
import { METRICS } from '../../src/pipeline/stream/telemetry.ts';

const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

describe('docs/metrics.md', () => {
  it('lists every metric with its kind, unit, labels and meaning, and no other', () => {
    const rows = [...text.matchAll(/^\| `coalmine_(\w+)` \| (.*) \|$/gm)]
      .map((match) => [match[1], ...(match[2] ?? '').split(' | ')])
      .filter((cells) => cells.length === 5);
    const metrics = Object.entries(METRICS).map(([name, metric]) => [
      name,
      metric.kind,
      metric.unit,
      metric.labels.map((label) => `\`${label}\``).join(', ') || '-',
      metric.about,
    ]);
    expect(rows).toEqual(metrics);
  });

  it('names only metrics that there are', () => {
    const named = [...text.matchAll(/coalmine_(\w+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in METRICS))).toEqual([]);
  });

  it('gives the bound on series', () => {
    expect(text).toContain(`more than ${SERIES_PER_METRIC_MAX.toLocaleString('en')} series`);
  });
});
