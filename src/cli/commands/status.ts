import type { RolloutStatus } from '../../app/inspect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shareText, timeText } from '../number-text.ts';
import { answer, type Io } from '../output.ts';
import { tableText } from '../table.ts';
import type { Verb } from '../verb.ts';

interface StatusOptions {
  readonly out: string;
}

export const statusVerb: Verb = {
  define(program, run) {
    program
      .command('status')
      .description('show where the rollouts of an output folder stand')
      .requiredOption('--out <folder>', 'the output folder of the run')
      .addHelpText('after', '\nEnds with 3 when a rollout is rolled back, else 4 when one is held.')
      .action((options: StatusOptions) => run((io) => showStatus(io, options)));
  },
};

async function showStatus(io: Io, { out }: StatusOptions): Promise<ExitCode> {
  const { rolloutStatuses } = await import('../../app/inspect.ts');
  const statuses = await rolloutStatuses(out);
  await answer(io, { value: statuses.map(statusValue), text: () => statusText(statuses, io) });
  const phases = statuses.map(({ phase }) => phase);
  if (phases.includes('rolled_back')) return EXIT.fail;
  return phases.includes('held') ? EXIT.inconclusive : EXIT.pass;
}

function statusText(statuses: readonly RolloutStatus[], io: Io): string {
  return tableText(
    {
      head: [
        'rollout',
        'versions',
        'phase',
        'stage',
        'share',
        'windows',
        'pairs',
        'until',
        'last verdict',
      ],
      rows: statuses.map((status) => [
        status.rolloutId,
        `${status.currentVersion} -> ${status.canaryVersion}`,
        phaseText(status.phase, io),
        status.stageIndex,
        shareText(status.share),
        status.windowCount,
        status.pairCount,
        timeText(status.lastWindowEndMs),
        `${status.decision}: ${status.reason}`,
      ]),
      right: [3, 4, 5, 6],
    },
    io.style,
  );
}

function phaseText(phase: RolloutStatus['phase'], io: Io): string {
  switch (phase) {
    case 'running':
      return 'running';
    case 'held':
      return io.style.yellow('held');
    case 'promoted':
      return io.style.green('promoted');
    case 'rolled_back':
      return io.style.red('rolled back');
  }
}

function statusValue(status: RolloutStatus): unknown {
  return {
    rollout_id: status.rolloutId,
    model: status.model,
    current_version: status.currentVersion,
    canary_version: status.canaryVersion,
    phase: status.phase,
    stage_index: status.stageIndex,
    share: status.share,
    window_count: status.windowCount,
    pair_count: status.pairCount,
    last_window_end_ms: status.lastWindowEndMs,
    decision: status.decision,
    reason: status.reason,
    verdict_id: status.verdictId,
  };
}
