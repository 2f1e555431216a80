import { Option } from 'commander';
import type { Plan } from '../../core/events/plan.ts';
import type { RoutingTable } from '../../core/events/routing.ts';
import type { Assignment } from '../../core/rollout/assign.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shareText } from '../number-text.ts';
import { share as shareOption, wholeNumber } from '../option-values.ts';
import { answer, type Io } from '../output.ts';
import { readPlan } from '../plan-file.ts';
import { fieldsText, tableText } from '../table.ts';
import type { Verb } from '../verb.ts';

interface AssignOptions {
  readonly plan: string;
  readonly share?: number;
  readonly rollout: number;
}

export const assignVerb: Verb = {
  define(program, run) {
    program
      .command('assign')
      .description('say which version a unit gets, in which bucket, and why')
      .argument('<unit-id>', 'the user or session; the request id where the log has no unit')
      .requiredOption('--plan <file>', 'the plan of the rollout')
      .option('--share <share>', 'at this share (0.05 or 5%) instead of at each step', shareOption)
      .addOption(
        new Option('--rollout <n>', 'which rollout of the plan: a retry has another salt')
          .default(1)
          .argParser(wholeNumber(1)),
      )
      .action((unitId: string, options: AssignOptions) =>
        run((io) => assignUnit(io, unitId, options)),
      );
  },
};

/** What a unit gets while the canary has one share. */
interface Step {
  readonly step: number | null;
  readonly share: number;
  readonly version: string;
  readonly assignment: Assignment;
  readonly why: string;
}

async function assignUnit(io: Io, unitId: string, options: AssignOptions): Promise<ExitCode> {
  const { plan } = await readPlan(options.plan);
  const rollout = await import('../../core/rollout/routing-table.ts');
  const table = rollout.firstTable(
    {
      rolloutId: `${plan.name}.${options.rollout}`,
      model: plan.model,
      currentVersion: plan.currentVersion,
      canaryVersion: plan.canaryVersion,
      key: plan.sessionAffinity.key,
      boundary: plan.sessionAffinity.boundary,
      sessionMaxAgeMs: plan.sessionAffinity.maxAgeMs,
    },
    0,
  );
  const shares =
    options.share === undefined
      ? plan.steps.map((step, index) => ({ step: index, share: step.share }))
      : [{ step: null, share: options.share }];
  const { assign, explainAssignment } = await import('../../core/rollout/assign.ts');
  const steps = shares.map(({ step, share }): Step => {
    const inForce = rollout.withShare(table, { fromMs: 0, share });
    const assignment = assign(inForce, { unitId, atMs: 0 });
    const version = assignment.arm === 'canary' ? plan.canaryVersion : plan.currentVersion;
    return { step, share, version, assignment, why: explainAssignment(inForce, assignment) };
  });
  await answer(io, {
    value: assignValue({ unitId, table, steps }),
    text: () => assignText({ unitId, table, steps, plan }, io),
  });
  return EXIT.pass;
}

interface Assigned {
  readonly unitId: string;
  readonly table: RoutingTable;
  readonly steps: readonly Step[];
}

function assignValue({ unitId, table, steps }: Assigned): unknown {
  return {
    unit_id: unitId,
    rollout_id: table.rolloutId,
    salt: table.salt,
    hash: steps[0]?.assignment.hash,
    bucket: steps[0]?.assignment.bucket,
    total: table.total,
    steps: steps.map(({ step, share, version, assignment, why }) => ({
      step,
      share,
      arm: assignment.arm,
      version,
      why,
    })),
  };
}

function assignText({ unitId, table, steps, plan }: Assigned & { plan: Plan }, io: Io): string {
  const assignment = steps[0]?.assignment;
  const fields = fieldsText(
    [
      ['unit', unitId],
      ['rollout', `${table.rolloutId} of ${plan.model}`],
      ['hash', `${assignment?.hash ?? '-'} (murmur3 of "${table.salt}" + unit)`],
      ['bucket', `${assignment?.bucket ?? '-'} of ${table.total}; the canary has the low ones`],
    ],
    io.style,
  );
  const rows = steps.map(({ step, share, version, why }) => [step, shareText(share), version, why]);
  return `${fields}\n\n${tableText({ head: ['step', 'share', 'version', 'why'], rows }, io.style)}`;
}
