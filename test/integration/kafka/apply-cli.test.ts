import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, createTopics, topicName } from '../../support/kafka-topics.ts';
import { PLAN_TEXT } from '../../unit/cli/plan-text.ts';
import { type CliRun, runCli } from '../../unit/cli/run-cli.ts';

interface Place {
  readonly folder: string;
  readonly current: string;
  readonly canary: string;
}

describe.runIf(hasBroker)('the command line of a service', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
  });

  /** A config with topics that no other test has, and two input topics of unlike partition counts. */
  async function place(): Promise<Place> {
    const prefix = topicName('cli');
    const own = ['rollouts', 'routing', 'positions', 'profiles'];
    const current = `${prefix}.current`;
    const canary = `${prefix}.canary`;
    await createTopics(bystander(broker), {
      [current]: 3,
      [canary]: 3,
      [`${prefix}.odd`]: 5,
      ...Object.fromEntries(own.map((name) => [`${prefix}.${name}`, 1])),
    });
    const folder = await mkdtemp(join(tmpdir(), 'coalmine-apply-'));
    const topics = own.map((name) => `  ${name}: { name: ${prefix}.${name} }`);
    const inputs = [current, canary, `${prefix}.odd`].map((topic) => `  - topic: ${topic}`);
    await writeFile(
      join(folder, 'coalmine.yaml'),
      [
        `kafka: { brokers: ['${broker.brokers.join("', '")}'] }`,
        `registry: { url: '${broker.registryUrl}' }`,
        'topics:',
        ...topics,
        'inputs:',
        ...inputs,
        '',
      ].join('\n'),
    );
    await writeFile(join(folder, 'plan.yaml'), PLAN_TEXT);
    return { folder, current, canary };
  }

  async function run({ folder }: Place, ...args: readonly string[]): Promise<CliRun> {
    // The Kafka client sets timers for times that are over, and Node says so on stderr.
    const env = { NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning' };
    return await runCli(args, { cwd: folder, env });
  }

  it('applies a plan, lists it, changes it and takes it away', async () => {
    const at = await place();
    const named = ['--current', at.current, '--canary', at.canary];
    const applied = await run(at, 'apply', 'plan.yaml', ...named, '-o', 'json');
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(applied.stdout)).toMatchObject({
      rollout_id: 'fraud-v7.1',
      change: 'started',
      partition_count: 3,
    });
    const again = await run(at, 'apply', 'plan.yaml', ...named);
    expect(again.stdout).toContain('nothing was changed');
    await writeFile(
      join(at.folder, 'plan.yaml'),
      PLAN_TEXT.replace('minPairs: 2000', 'minPairs: 500'),
    );
    expect((await run(at, 'apply', 'plan.yaml', ...named)).stdout).toContain(
      'the evidence begins anew',
    );
    const listed = await run(at, 'list', '-o', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { rollout_id: 'fraud-v7.1', model: 'fraud', phase: null, share: 0 },
    ]);
    expect((await run(at, 'list')).stdout).toContain('v6 -> v7');
    expect((await run(at, 'delete', 'fraud-v7.1')).code).toBe(0);
    const gone = await run(at, 'delete', 'fraud-v7.1');
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain('(not_found)');
  });

  it('refuses topics of unlike partition counts', async () => {
    const at = await place();
    const odd = at.current.replace('.current', '.odd');
    const refused = await run(at, 'apply', 'plan.yaml', '--current', at.current, '--canary', odd);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${odd} has 5`);
    expect(refused.stderr).toContain('(topic_invalid)');
  });
});
