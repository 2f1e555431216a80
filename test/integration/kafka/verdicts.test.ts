import type { Kafka } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/core/events/verdict.ts';
import { consumeVerdicts, type VerdictConsumerOptions } from '../../../src/verdicts/verdicts.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, createTopics, topicName } from '../../support/kafka-topics.ts';
import { publishVerdicts } from '../../support/publish-verdicts.ts';
import { aVerdict } from '../../support/verdicts.ts';

function onWindow(window: number, over: Partial<Verdict> = {}): Verdict {
  return aVerdict({ windowStartMs: Date.UTC(2026, 10, 20, 10, window), ...over });
}

describe.runIf(hasBroker)('the consumer of verdicts', () => {
  let broker: TestBroker;
  let kafka: Kafka;

  beforeAll(async () => {
    broker = await testBroker();
    kafka = bystander(broker);
  });

  async function newTopic(): Promise<VerdictConsumerOptions & { readonly topic: string }> {
    const topic = topicName('verdicts');
    await createTopics(kafka, { [topic]: 2 });
    return { kafka, registryUrl: broker.registryUrl, topic, groupId: topic, from: 'earliest' };
  }

  /** Consumes until the handler has had a verdict whose reason is `last`. */
  async function consumed(
    options: VerdictConsumerOptions,
    also: (verdict: Verdict) => void = () => {},
  ): Promise<Verdict[]> {
    const seen: Verdict[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const consumer = await consumeVerdicts(options, (verdict) => {
      also(verdict);
      seen.push(verdict);
      if (verdict.reason === 'last') resolve();
    });
    await Promise.race([done, consumer.ended]);
    await consumer.close();
    await consumer.ended;
    return seen;
  }

  it('hands out each verdict once and in order, as it was written', async () => {
    const options = await newTopic();
    const [first, second] = [onWindow(0), onWindow(1)];
    const amended = onWindow(0, { revision: 1 });
    const last = onWindow(2, { reason: 'last' });
    await publishVerdicts(broker, options.topic, [
      { verdict: first, epoch: 4 },
      { verdict: second, epoch: 4 },
      { verdict: first, epoch: 4 },
      { verdict: amended, epoch: 6 },
      { verdict: onWindow(9), epoch: 4 },
      { verdict: first, epoch: 6 },
      { verdict: last, epoch: 6 },
    ]);
    expect(await consumed(options)).toEqual([first, second, amended, last]);
  });

  it('reads both modes, passes over other rollouts and other events, and tells where one lay', async () => {
    const options = await newTopic();
    const other = onWindow(0, { rolloutId: 'other.1', id: 'other' });
    await publishVerdicts(broker, options.topic, [
      { verdict: onWindow(0), epoch: 1, mode: 'structured' },
      { verdict: onWindow(1), epoch: 1, type: 'dev.coalmine.other.v1' },
      { verdict: other, epoch: 1 },
      { verdict: onWindow(2), epoch: 1 },
    ]);
    const found: unknown[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const consumer = await consumeVerdicts(
      { ...options, kafka: broker.brokers, rolloutIds: ['fraud-v7.1'] },
      (verdict, delivery) => {
        found.push([verdict.windowStartMs, delivery]);
        if (found.length === 2) resolve();
      },
    );
    await done;
    await consumer.close();
    const { topic } = options;
    const about = { topic, epoch: 1, source: '/coalmine/test', traceparent: null };
    const place = expect.stringMatching(/^\d+$/) as unknown;
    expect(found).toMatchObject([
      [onWindow(0).windowStartMs, { ...about, offset: place }],
      [onWindow(2).windowStartMs, { ...about, offset: place }],
    ]);
  });

  it('gives a verdict again when its handler failed, and goes on behind what was handled', async () => {
    const options = await newTopic();
    const last = onWindow(1, { reason: 'last' });
    await publishVerdicts(broker, options.topic, [
      { verdict: onWindow(0), epoch: 1 },
      { verdict: last, epoch: 1 },
    ]);
    const asked: number[] = [];
    const seen = await consumed(options, ({ windowStartMs }) => {
      asked.push(windowStartMs);
      if (asked.length === 2) throw new TypeError('the gate is closed');
    });
    expect(seen).toEqual([onWindow(0), last]);
    expect(asked).toEqual([0, 1, 1].map((window) => onWindow(window).windowStartMs));

    await publishVerdicts(broker, options.topic, [
      { verdict: onWindow(2, { reason: 'last' }), epoch: 1 },
    ]);
    expect(await consumed(options)).toEqual([onWindow(2, { reason: 'last' })]);
  });

  it('stops at a record that is no verdict, unless somebody wants to be told', async () => {
    const options = await newTopic();
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({
      topic: options.topic,
      messages: [{ key: 'fraud-v7.1', value: 'not Avro' }],
    });
    await producer.disconnect();
    const stopped = await consumeVerdicts(options, () => {});
    await expect(stopped.ended).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringMatching(/offset 0: specversion is absent/) as unknown,
    });
    await stopped.close();

    await publishVerdicts(broker, options.topic, [
      { verdict: onWindow(0, { reason: 'last' }), epoch: 1 },
    ]);
    const told: string[] = [];
    const onUnreadable = ({ detail }: { readonly detail: string }) => void told.push(detail);
    const seen = await consumed({ ...options, onUnreadable });
    expect(seen).toHaveLength(1);
    expect(told).toEqual(['specversion is absent, 1.0 was expected: no CloudEvent']);
  });

  it('says that there is no such topic', async () => {
    const topic = topicName('missing');
    const options = { kafka, registryUrl: broker.registryUrl, groupId: topic, topic } as const;
    const started = consumeVerdicts({ ...options, from: 'latest' }, () => {});
    await expect(started).rejects.toMatchObject({ code: 'topic_invalid' });
  });
});
