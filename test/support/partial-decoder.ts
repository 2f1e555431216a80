import avro from 'avsc';
import { z } from 'zod';
import { camelKeys } from '../../src/adapters/avro/key-case.ts';
import { avroType } from '../../src/adapters/avro/schema-file.ts';
import type { SparsePartial } from '../../src/core/windows/sparse.ts';

/** What a record of a partials topic says, read by our own schema. */
export interface WrittenPartial extends SparsePartial {
  readonly kind: 'partial' | 'sample' | 'heartbeat';
  readonly rolloutId: string;
  readonly partition: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly revision: number;
  readonly reportedThroughMs: number | null;
}

const SCHEMA = z.object({ schema: z.string() });
const HEADER_BYTES = 5;

/** By the writer's schema of the registry, resolved to ours; independent of the reader under test. */
export function partialDecoder(registryUrl: string): (bytes: Buffer) => Promise<WrittenPartial> {
  const ours = avroType('WindowPartial');
  const writers = new Map<number, Promise<object>>();
  const resolverOf = async (id: number): Promise<object> => {
    const answer = await fetch(`${registryUrl}/schemas/ids/${id}`);
    const writer = avro.Type.forSchema(JSON.parse(SCHEMA.parse(await answer.json()).schema));
    return ours.createResolver(writer);
  };
  return async (bytes) => {
    const id = bytes.readInt32BE(1);
    const resolver = writers.get(id) ?? resolverOf(id);
    writers.set(id, resolver);
    return camelKeys(
      ours.fromBuffer(bytes.subarray(HEADER_BYTES), await resolver),
    ) as WrittenPartial;
  };
}
