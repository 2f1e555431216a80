import { stringify } from 'yaml';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';

/** Versions of every model. */
export const VERSIONS = { current: 'v1', canary: 'v2' } as const;

/** Who reads and writes what in this run. */
export interface ThirtyPlaces {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly folder: string;
  readonly httpPort: number;
  readonly modelCount: number;
  /** `own`: two topics for each model; `shared`: two for all of them. */
  readonly topics: 'own' | 'shared';
}

export function modelName(number: number): string {
  return `model-${String(number).padStart(2, '0')}`;
}

/** The two topics of a model. */
export function topicsOf(
  { topics }: Pick<ThirtyPlaces, 'topics'>,
  model: string,
): { readonly current: string; readonly canary: string } {
  const prefix = topics === 'own' ? model : 'all';
  return { current: `${prefix}.current`, canary: `${prefix}.canary` };
}

function models({ modelCount }: Pick<ThirtyPlaces, 'modelCount'>): readonly string[] {
  return Array.from({ length: modelCount }, (_, number) => modelName(number));
}

/** Every input topic once. */
export function inputTopics(
  places: Pick<ThirtyPlaces, 'topics' | 'modelCount'>,
): readonly string[] {
  return [...new Set(models(places).flatMap((model) => Object.values(topicsOf(places, model))))];
}

export function configText(places: ThirtyPlaces): string {
  const { brokers, registryUrl, folder, httpPort } = places;
  const own = Object.entries(OWN_TOPICS).map(([key, name]) => [key, { name }]);
  return stringify({
    kafka: { brokers },
    registry: { url: registryUrl },
    topics: Object.fromEntries(own),
    inputs: inputTopics(places).map((topic) => ({ topic })),
    // `data` is the broker's.
    dataFolder: `${folder}/service`,
    http: { host: '127.0.0.1', port: httpPort },
    rollouts: models(places).map((model) => ({
      plan: `${model}.yaml`,
      ...topicsOf(places, model),
      startAt: 'latest',
    })),
  });
}

/** The default plan in shadow, with cells that are learned in the first minute. */
export function planText(model: string): string {
  return stringify({
    apiVersion: 'coalmine.dev/v1',
    kind: 'Rollout',
    metadata: { name: model },
    spec: {
      model,
      ...VERSIONS,
      reference: { minSamples: 2000, minSpan: '1m' },
      decision: { of: 'score', threshold: 0.5 },
      steps: [{ shadow: { duration: '365d', minPairs: 2000 } }, { setWeight: 100, bake: '2h' }],
    },
  });
}

/** The plans by file name. */
export function planFiles(places: Pick<ThirtyPlaces, 'modelCount'>): ReadonlyMap<string, string> {
  return new Map(models(places).map((model) => [`${model}.yaml`, planText(model)]));
}
