import type { ListedRollout } from '../../app/service/applied-topic.ts';
import { CONFIG_OPTION, withApplied } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shareText } from '../number-text.ts';
import { answer, type Io, say } from '../output.ts';
import { tableText } from '../table.ts';
import type { Verb } from '../verb.ts';

export const listVerb: Verb = {
  define(program, run) {
    program
      .command('list')
      .description('list the rollouts that are applied, and where each stands')
      .option(...CONFIG_OPTION)
      .action((options: { readonly config: string }) => run((io) => list(io, options.config)));
  },
};

async function list(io: Io, configFile: string): Promise<ExitCode> {
  const { readApplied } = await import('../../app/service/applied-topic.ts');
  return await withApplied(io, configFile, async ({ topics }) => {
    const { rollouts, unreadable } = await readApplied(topics);
    for (const { rolloutId, problem } of unreadable) say(io, `${rolloutId}: ${problem}`);
    if (rollouts.length === 0) say(io, 'no rollout is applied');
    await answer(io, { value: rollouts.map(listedValue), text: () => listText(rollouts, io) });
    return EXIT.pass;
  });
}

function listText(rollouts: readonly ListedRollout[], io: Io): string {
  return tableText(
    {
      head: ['rollout', 'model', 'versions', 'phase', 'share', 'current', 'canary', 'partitions'],
      rows: rollouts.map(({ applied, plan, phase, table }) => [
        applied.rolloutId,
        plan.model,
        `${plan.currentVersion} -> ${plan.canaryVersion}`,
        phase?.replace('_', ' ') ?? 'not begun',
        shareText(table?.shares.at(-1)?.share ?? 0),
        applied.topics.current,
        applied.topics.canary,
        applied.partitionCount,
      ]),
      right: [4, 7],
    },
    io.style,
  );
}

function listedValue({ applied, plan, phase, table }: ListedRollout): object {
  return {
    rollout_id: applied.rolloutId,
    model: plan.model,
    current_version: plan.currentVersion,
    canary_version: plan.canaryVersion,
    phase,
    share: table?.shares.at(-1)?.share ?? 0,
    topics: applied.topics,
    partition_count: applied.partitionCount,
    policy_digest: applied.policyDigest,
  };
}
