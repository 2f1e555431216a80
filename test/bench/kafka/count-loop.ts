import { Kafka, logLevel } from 'kafkajs';

/**
 * The least that a consumer can do: a kafkajs `eachBatch` loop that only counts. Arguments: brokers,
 * group, how many records there are, topics. Prints records and seconds from the first to the last.
 */
const [brokers = '', groupId = '', total = '0', ...topics] = process.argv.slice(2);

const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId, maxBytesPerPartition: 1_048_576 });
await consumer.connect();
await consumer.subscribe({ topics, fromBeginning: true });
let records = 0;
let firstMs: number | null = null;
let lastMs = 0;
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        const { batch } = payload;
        firstMs ??= performance.now();
        for (const message of batch.messages) if (message.value !== null) records += 1;
        lastMs = performance.now();
        payload.resolveOffset(batch.lastOffset());
        await payload.heartbeat();
        if (records >= Number(total)) resolve();
      },
    })
    .catch(reject);
});
process.stdout.write(`${JSON.stringify({ records, seconds: (lastMs - (firstMs ?? 0)) / 1000 })}\n`);
await consumer.disconnect();
