import { describe, expect, it } from 'vitest';
import { memoryTelemetry } from '../../../../src/adapters/telemetry/memory.ts';
import { countedRegistry } from '../../../../src/app/service/counted-registry.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';

describe('a registry whose failures are counted', () => {
  it('counts what was not answered or refused, and throws it on', async () => {
    const telemetry = memoryTelemetry();
    const registry = countedRegistry(
      {
        schemaOf: async () => {
          throw new CoalmineError('registry_unavailable', 'no answer');
        },
        idOf: async () => {
          throw new CoalmineError('registry_refused', 'not compatible');
        },
      },
      telemetry,
    );
    await expect(registry.schemaOf(1)).rejects.toThrow('no answer');
    await expect(registry.idOf('a-value', '{}')).rejects.toThrow('not compatible');
    expect(telemetry.series('registry_failures_total')).toMatchObject([{ value: 2 }]);
  });

  it('is not answering from a question without an answer until one with it, a refusal included', async () => {
    const outcomes = [
      'ok',
      'registry_unavailable',
      'registry_refused',
      'registry_unavailable',
      'ok',
    ];
    const registry = countedRegistry(
      {
        schemaOf: async () => {
          throw new CoalmineError('not_found', 'no schema');
        },
        idOf: async () => {
          const outcome = outcomes.shift();
          if (outcome === 'registry_unavailable' || outcome === 'registry_refused')
            throw new CoalmineError(outcome, 'no id');
          return 7;
        },
      },
      memoryTelemetry(),
    );
    const seen = [registry.isAnswering];
    while (outcomes.length > 0) {
      await registry.idOf('a-value', '{}').catch(() => {});
      seen.push(registry.isAnswering);
    }
    expect(seen).toEqual([true, true, false, true, false, true]);
  });

  it('passes answers on, and counts no other error', async () => {
    const telemetry = memoryTelemetry();
    const registry = countedRegistry(
      {
        schemaOf: async () => {
          throw new TypeError('a fault of ours');
        },
        idOf: async () => 7,
      },
      telemetry,
    );
    expect(await registry.idOf('a-value', '{}')).toBe(7);
    await expect(registry.schemaOf(1)).rejects.toThrow('a fault of ours');
    expect(telemetry.series('registry_failures_total')).toEqual([]);
  });
});
