import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { newName, nextOf, readRecords } from '../../../contract/stream/world.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { appendTo, CLOCK, clientFor, createTopic } from './world.ts';

const MEMBER = fileURLToPath(new URL('./member.ts', import.meta.url));

async function nextIn(member: ChildProcess): Promise<unknown> {
  const answer = Promise.race([once(member, 'message'), once(member, 'exit')]);
  member.send('next');
  const [kind]: unknown[] = await answer;
  return kind;
}

describe.runIf(hasBroker)('a member that was stopped for longer than its session', () => {
  test('hears first that it owns nothing, and never sees what it had fetched', async () => {
    const { brokers } = await testBroker();
    const client = await clientFor(brokers);
    const [topic, group] = [newName('topic'), newName('group')];
    await createTopic(client, topic, { partitionCount: 2 });
    for (const partition of [0, 1]) {
      await appendTo(client, { topic, partition }, { values: ['a'], gapAfter: false });
    }
    const member = fork(MEMBER, [brokers.join(','), group, topic], {
      execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    });
    try {
      expect(await nextIn(member)).toBe('assigned');
      expect(await nextIn(member)).toBe('batch');
      // The batch of the other partition lies in its queue from now on.
      member.kill('SIGSTOP');
      const other = kafkaSource(client, { group, topics: [topic], clock: CLOCK });
      const { partitions } = await nextOf(other, 'assigned');
      expect(partitions).toHaveLength(2);
      await other.resume(partitions.map((at) => ({ ...at, offset: 'earliest' })));
      await readRecords(other, 2);
      const answer = nextIn(member);
      member.kill('SIGCONT');
      expect(await answer).toBe('revoked');
      expect(await nextIn(member)).toBe('assigned');
      await nextOf(other, 'revoked');
      expect((await nextOf(other, 'assigned')).partitions).toHaveLength(1);
      await other.close();
    } finally {
      member.kill('SIGKILL');
    }
  });
});
