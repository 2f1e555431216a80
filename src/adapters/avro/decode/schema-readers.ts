import type avro from 'avsc';
import type { KnownSchema, RawBatch, SchemaSource } from '../../../pipeline/stream/ports.ts';
import { compileValueReader, type ValueReader } from './read-value.ts';
import { typeOf } from './schema-type.ts';

/** First byte of Confluent's wire format; then four bytes of schema id, the highest first. */
const MAGIC = 0;
export const HEADER_LENGTH = 5;
/** An id that the registry did not know is asked for again after so long. */
const UNKNOWN_RETRY_MS = 60_000;

/** How records of one writer's schema are read. */
export interface SchemaReader {
  readonly type: avro.Type;
  readonly readValue: ValueReader;
}

export type FoundReader = SchemaReader | { readonly unknown: string };

/** The schema id of a value in wire format; null: it is something else. */
export function schemaIdOf(value: Uint8Array): number | null {
  if (value.length < HEADER_LENGTH || value[0] !== MAGIC) return null;
  const [, a = 0, b = 0, c = 0, d = 0] = value;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Compiled readers by schema id, as many as are allowed: the one that was made first goes first. */
export class SchemaReaders {
  private readonly source: SchemaSource;
  private readonly countMax: number;
  private readonly readers = new Map<number, SchemaReader>();
  private readonly unknown = new Map<number, { readonly atMs: number; readonly detail: string }>();

  constructor(source: SchemaSource, countMax: number) {
    this.source = source;
    this.countMax = countMax;
  }

  /** The readers of all schemas that a batch names. */
  async forBatch(batch: RawBatch): Promise<ReadonlyMap<number, FoundReader>> {
    const found = new Map<number, FoundReader>();
    for (const { value } of batch.records) {
      const id = value === null ? null : schemaIdOf(value);
      if (id === null || found.has(id)) continue;
      found.set(id, this.known(id, batch.receivedAtMs) ?? (await this.ask(id, batch.receivedAtMs)));
    }
    return found;
  }

  private known(id: number, nowMs: number): FoundReader | null {
    const reader = this.readers.get(id);
    if (reader !== undefined) return reader;
    const unknown = this.unknown.get(id);
    const isRecent = unknown !== undefined && Math.abs(nowMs - unknown.atMs) < UNKNOWN_RETRY_MS;
    return isRecent ? { unknown: unknown.detail } : null;
  }

  private async ask(id: number, nowMs: number): Promise<FoundReader> {
    const schema = await this.source.schemaOf(id);
    const found = compiled(id, schema);
    if ('unknown' in found) {
      this.makeRoom(this.unknown);
      this.unknown.set(id, { atMs: nowMs, detail: found.unknown });
    } else {
      this.unknown.delete(id);
      this.makeRoom(this.readers);
      this.readers.set(id, found);
    }
    return found;
  }

  private makeRoom(map: Map<number, unknown>): void {
    const [oldest] = map.keys();
    if (map.size >= this.countMax && oldest !== undefined) map.delete(oldest);
  }
}

function compiled(id: number, schema: KnownSchema): FoundReader {
  if (schema.kind === 'unknown') return { unknown: schema.detail };
  try {
    const type = typeOf(schema.text, schema.named);
    return { type, readValue: compileValueReader(type) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { unknown: `schema ${id} is not Avro: ${reason}` };
  }
}
