import type { Label, MetricName, Telemetry } from '../../pipeline/stream/telemetry.ts';

/** One series of a metric: its labels as text, and its value. */
export interface Series {
  readonly labels: Readonly<Partial<Record<Label, string>>>;
  value: number;
}

/** The numbers of the service, as they stand. */
export interface MemoryTelemetry extends Telemetry {
  series(name: MetricName): readonly Series[];
}

export function memoryTelemetry(): MemoryTelemetry {
  const metrics = new Map<MetricName, Map<string, Series>>();
  const at = (name: MetricName, labels: object): Series => {
    const known = metrics.get(name) ?? new Map<string, Series>();
    metrics.set(name, known);
    const key = seriesKey(labels);
    const found = known.get(key) ?? { labels: asTexts(labels), value: 0 };
    known.set(key, found);
    return found;
  };
  return {
    count(name, labels, by = 1) {
      at(name, labels).value += by;
    },
    set(name, labels, value) {
      at(name, labels).value = value;
    },
    forget(labels) {
      for (const known of metrics.values()) {
        for (const [key, series] of known) if (hasAll(series, labels)) known.delete(key);
      }
    },
    series: (name) => [...(metrics.get(name)?.values() ?? [])],
  };
}

function hasAll(series: Series, labels: Parameters<Telemetry['forget']>[0]): boolean {
  const wanted = Object.entries(labels);
  const has = new Map(Object.entries(series.labels));
  return wanted.length > 0 && wanted.every(([label, value]) => has.get(label) === String(value));
}

function asTexts(labels: object): Series['labels'] {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]));
}

/** Equal labels have equal keys, whatever their order. */
export function seriesKey(labels: object): string {
  const entries = Object.entries(asTexts(labels));
  return JSON.stringify(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
