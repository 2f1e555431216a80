import type { RawRecord, TopicTable } from '../../../pipeline/stream/ports.ts';
import { stretchFrom } from './partition-log.ts';
import type { Topics } from './topics.ts';

const DECODER = new TextDecoder();

export function memoryTable(topics: Topics, topic: string): TopicTable {
  const positions = Array.from({ length: topics.countOf(topic) }, () => 0);
  const values = new Map<string, Uint8Array>();
  let version = 0;
  const take = ({ key, value }: RawRecord) => {
    version += 1;
    if (key === null) return;
    const text = DECODER.decode(key);
    if (value === null) values.delete(text);
    else values.set(text, value);
  };
  const refresh = () => {
    for (const [partition, position] of positions.entries()) {
      const log = topics.log({ topic, partition });
      for (const record of stretchFrom(log, position, Infinity).records) take(record);
      positions[partition] = log.endOffset;
    }
  };
  return {
    refresh: () => Promise.resolve(refresh()),
    get: (key) => values.get(key) ?? null,
    entries: () => values.entries(),
    get version() {
      return version;
    },
    close: () => Promise.resolve(),
  };
}
