import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const RECIPES = fileURLToPath(new URL('../../../infra/mirror', import.meta.url));

function documentsOf(name: string): unknown[] {
  return parseAllDocuments(readFileSync(`${RECIPES}/${name}`, 'utf8'), { strict: true }).map(
    (document): unknown => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    },
  );
}

describe('the recipes that were not run', () => {
  it('copy every request to a cluster that Envoy knows', () => {
    const envoy = z.object({
      static_resources: z.object({
        listeners: z.tuple([z.object({ filter_chains: z.tuple([z.unknown()]) })]),
        clusters: z.array(z.object({ name: z.string() })),
      }),
    });
    const [document] = documentsOf('envoy.yaml');
    const { clusters, listeners } = envoy.parse(document).static_resources;
    const names = clusters.map(({ name }) => name);
    const text = JSON.stringify(listeners);
    const targets = [...text.matchAll(/"cluster":"(\w+)"/g)].map((match) => match[1]);
    expect(targets).toEqual(['model_current', 'model_canary']);
    expect(names).toEqual(targets);
    expect(text).toContain('"default_value":{"numerator":100,"denominator":"HUNDRED"}');
    expect(text).toContain('"pack_trace_reason":false');
  });

  it('copy every request to a subset that Istio knows', () => {
    const subset = z.object({ destination: z.object({ host: z.string(), subset: z.string() }) });
    const service = z.object({
      spec: z.object({
        http: z.tuple([
          z.object({
            route: z.tuple([subset]),
            mirrors: z.tuple([subset.extend({ percentage: z.object({ value: z.literal(100) }) })]),
          }),
        ]),
      }),
    });
    const rule = z.object({
      spec: z.object({ host: z.string(), subsets: z.array(z.object({ name: z.string() })) }),
    });
    const [first, second] = documentsOf('istio.yaml');
    const [{ route, mirrors }] = service.parse(first).spec.http;
    const { host, subsets } = rule.parse(second).spec;
    const destinations = [...route, ...mirrors].map(({ destination }) => destination);
    expect(destinations).toEqual(subsets.map(({ name }) => ({ host, subset: name })));
  });
});
