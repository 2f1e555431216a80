import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { METRICS, type MetricName, type Telemetry } from '../../pipeline/stream/telemetry.ts';
import { type MemoryTelemetry, memoryTelemetry, type Series, seriesKey } from './memory.ts';

/** Numbers of the service in Prometheus' text format. */
export interface PrometheusTelemetry extends Telemetry {
  readonly contentType: string;
  scrape(): Promise<string>;
}

export interface PrometheusOptions {
  readonly version: string;
  /** As {@link SERIES_PER_METRIC_MAX}. */
  readonly seriesMax?: number;
}

/** Lines that one metric may have; with more, its partitions are added up (docs/limits.md). */
export const SERIES_PER_METRIC_MAX = 2000;

/** What stands for the partitions when they are added up. */
const ALL_PARTITIONS = 'all';

const NAMES = Object.keys(METRICS) as readonly MetricName[];

/** Has the metrics of the process (memory, CPU, event loop) besides those of {@link METRICS}. */
export function prometheusTelemetry(options: PrometheusOptions): PrometheusTelemetry {
  const { version, seriesMax = SERIES_PER_METRIC_MAX } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const memory = memoryTelemetry();
  memory.set('build_info', { version }, 1);
  for (const name of NAMES) show(name, { registry, memory, seriesMax });
  return {
    ...memory,
    contentType: registry.contentType,
    async scrape() {
      for (const name of NAMES) {
        const count = memory.series(name).length;
        if (isFolded(name, count, seriesMax))
          memory.set('series_folded', { metric: `coalmine_${name}` }, count);
        else memory.forget({ metric: `coalmine_${name}` });
      }
      return await registry.metrics();
    },
  };
}

/** Registers a metric that takes its series when it is scraped. */
function show(
  name: MetricName,
  from: {
    readonly registry: Registry;
    readonly memory: MemoryTelemetry;
    readonly seriesMax: number;
  },
): void {
  const { registry, memory, seriesMax } = from;
  const metric = METRICS[name];
  const settings = {
    name: `coalmine_${name}`,
    help: metric.about,
    labelNames: metric.labels,
    registers: [registry],
  };
  const shown = (): readonly Series[] => {
    const series = memory.series(name);
    return isFolded(name, series.length, seriesMax) ? folded(series) : series;
  };
  if (metric.kind === 'counter') {
    const counter = new Counter({
      ...settings,
      collect() {
        counter.reset();
        for (const { labels, value } of shown()) counter.inc({ ...labels }, value);
      },
    });
  } else {
    const gauge = new Gauge({
      ...settings,
      collect() {
        gauge.reset();
        for (const { labels, value } of shown()) gauge.set({ ...labels }, value);
      },
    });
  }
}

function isFolded(name: MetricName, seriesCount: number, seriesMax: number): boolean {
  const labels: readonly string[] = METRICS[name].labels;
  return labels.includes('partition') && seriesCount > seriesMax;
}

/** The same sums, without telling partitions apart. */
function folded(series: readonly Series[]): readonly Series[] {
  const sums = new Map<string, Series>();
  for (const one of series) {
    const labels = { ...one.labels, partition: ALL_PARTITIONS };
    const key = seriesKey(labels);
    const sum = sums.get(key) ?? { labels, value: 0 };
    sum.value += one.value;
    sums.set(key, sum);
  }
  return [...sums.values()];
}
