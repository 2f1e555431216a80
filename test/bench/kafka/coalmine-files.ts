import { stringify } from 'yaml';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import type { CoalminePlaces } from './coalmine.ts';
import { THRESHOLD } from './expected.ts';

/** What the peer's generator calls its fields; it has neither a model's name nor who was served. */
const MODEL = 'peer';
export const VERSIONS = { current: 'current-1', canary: 'canary-2' } as const;
export const TOPICS = { current: 'predictions.current', canary: 'predictions.canary' } as const;
const FEATURES = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, '0')}`);

/** Topics, groups and folders of this run alone. */
export function configText(places: CoalminePlaces): string {
  const { brokers, registryUrl, name, folder, httpPort } = places;
  const fields = { model: { constant: MODEL }, version: '$.model_version' };
  const inputs = Object.values(TOPICS).map((topic) => ({
    topic,
    fieldMap: { fields, features: FEATURES },
  }));
  const ownTopics = Object.keys(OWN_TOPICS).map((topic) => [topic, { name: `${name}.${topic}` }]);
  return stringify({
    kafka: { brokers },
    registry: { url: registryUrl },
    groupPrefix: name,
    topics: Object.fromEntries(ownTopics),
    inputs,
    dataFolder: `${folder}/data`,
    http: { host: '127.0.0.1', port: httpPort },
    rollouts: [{ plan: 'plan.yaml', ...TOPICS, startAt: 'earliest' }],
  });
}

/** The peer's settings where it has any: windows of a minute, halves at most 60 s apart, 30 s of grace. */
export function planText(): string {
  return stringify({
    apiVersion: 'coalmine.dev/v1',
    kind: 'Rollout',
    metadata: { name: 'bench' },
    spec: {
      model: MODEL,
      ...VERSIONS,
      window: { length: '60s', grace: '60s', skewMax: '60s', outOfOrderness: '30s' },
      reference: { file: 'profile.json' },
      decision: { of: 'score', threshold: THRESHOLD },
      keepPairs: { mode: 'none' },
      steps: [{ shadow: { duration: '365d', minPairs: 2000 } }, { setWeight: 100, bake: '2h' }],
    },
  });
}

/** Cells for the score and all twelve features, so that the joiner counts all it can from the first window. */
export function profileText(): string {
  const cells = (name: string, role: 'score' | 'feature', range: readonly [number, number]) => ({
    field: { name, role, kind: 'number' },
    edges: Array.from({ length: 9 }, (_, i) => range[0] + ((i + 1) / 10) * (range[1] - range[0])),
    scaleBits: 20,
    referenceCounts: [...Array.from({ length: 10 }, () => 1000), 0, 0, 0],
  });
  return JSON.stringify({
    model: MODEL,
    currentVersion: VERSIONS.current,
    sampleCount: 10_000,
    fromMs: 0,
    toMs: 600_000,
    fields: [
      cells('score', 'score', [0, 1]),
      // A feature is the sum of three uniform numbers, less 1.5, times its own number.
      ...FEATURES.map((name, i) => cells(`feature.${name}`, 'feature', [-(i + 1), i + 1])),
    ],
    notWatched: [],
  });
}
