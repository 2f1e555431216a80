import { typeOfSchema } from '../adapters/avro/schema-file.ts';
import type { AvroRecord } from './check-event.ts';
import type { QueuedRecord } from './send-queue.ts';

/** Where a schema gets its id. */
export interface SchemaIds {
  idOf(subject: string, text: string): Promise<number>;
}

/** Encodes events of one schema for any topic; the schema is registered once for each. */
export interface TopicEncoder {
  /** Registers the schema for a topic, if it is not yet. */
  prepare(topic: string): Promise<void>;
  encode(topic: string, record: AvroRecord): Promise<QueuedRecord>;
}

/** A zero byte and the schema's id in four: Confluent's wire format. */
const HEADER_BYTES = 5;

/** Events of one schema (its JSON text) in Confluent's wire format, keyed by the request id. */
export function topicEncoder(schema: string, registry: SchemaIds): TopicEncoder {
  const type = typeOfSchema(schema);
  // As other clients register it: to some registries one more line end is one more version.
  const text = schema.trim();
  const ids = new Map<string, number>();
  const idOf = async (topic: string): Promise<number> => {
    const id = await registry.idOf(`${topic}-value`, text);
    ids.set(topic, id);
    return id;
  };
  return {
    async prepare(topic) {
      await idOf(topic);
    },
    async encode(topic, record) {
      const body = type.toBuffer(record);
      const value = Buffer.allocUnsafe(HEADER_BYTES + body.length);
      value[0] = 0;
      value.writeUInt32BE(ids.get(topic) ?? (await idOf(topic)), 1);
      value.set(body, HEADER_BYTES);
      return { topic, key: record.request_id, value };
    },
  };
}
