import { Option } from 'commander';
import type { Application } from '../../app/service/applied.ts';
import { CONFIG_OPTION, withApplied } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io, say } from '../output.ts';
import { validPlan } from '../plan-file.ts';
import { fieldsText } from '../table.ts';
import type { Verb } from '../verb.ts';

interface ApplyOptions {
  readonly config: string;
  readonly current?: string;
  readonly canary?: string;
  readonly outcomes?: string;
  readonly from: 'earliest' | 'latest';
}

export const applyVerb: Verb = {
  define(program, run) {
    program
      .command('apply')
      .description('start a rollout in the service, or give a running one another plan')
      .argument('<plan>', 'the plan, a YAML file')
      .option(...CONFIG_OPTION)
      .option('--current <topic>', 'predictions of the version in production')
      .option('--canary <topic>', 'predictions of the new version; both may be in one topic')
      .option('--outcomes <topic>', 'outcomes, when the plan has a metric of them')
      .addOption(
        new Option('--from <end>', 'where topics are read from at first')
          .choices(['earliest', 'latest'])
          .default('latest'),
      )
      .addHelpText(
        'after',
        '\nTopics that are not named are those of the rollout with this plan in the config, or\n' +
          'predictions.current, predictions.canary and outcomes where the config has these as inputs.',
      )
      .action((plan: string, options: ApplyOptions) => run((io) => apply(io, plan, options)));
  },
};

async function apply(io: Io, planFile: string, options: ApplyOptions): Promise<ExitCode> {
  const [{ parsePlan, readPlanText }, { rolloutTopics }, { applyPlanned }] = await Promise.all([
    import('../../app/plan/parse.ts'),
    import('../../app/service/rollout-topics.ts'),
    import('../../app/service/apply-configured.ts'),
  ]);
  const planText = await readPlanText(planFile);
  const { plan, digest, warnings } = await validPlan(planFile, parsePlan(planText, planFile));
  for (const warning of warnings) say(io, warning);
  return await withApplied(io, options.config, async (opened, config) => {
    const { current = null, canary = null, outcomes = null } = options;
    const topics = rolloutTopics({ current, canary, outcomes }, { plan, planFile, config });
    const application = await applyPlanned(
      opened,
      { plan, planText, planFile, policyDigest: digest, topics, startAt: options.from },
      config.limits.rolloutCountMax,
    );
    await answer(io, {
      value: applicationValue(application),
      text: () => applicationText(application, io),
    });
    return EXIT.pass;
  });
}

function applicationText(application: Application, io: Io): string {
  const { applied } = application;
  const fields = fieldsText(
    [
      ['rollout', applied.rolloutId],
      ['current', applied.topics.current],
      ['canary', applied.topics.canary],
      ['outcomes', applied.topics.outcomes],
      ['partitions', applied.partitionCount],
      ['policy', applied.policyDigest],
    ],
    io.style,
  );
  return `${fields}\n\n${sentence(application)}`;
}

function sentence(application: Application): string {
  switch (application.kind) {
    case 'unchanged':
      return 'It runs already, with just this plan: nothing was changed.';
    case 'changed':
      return application.evidence === 'kept'
        ? 'The plan is changed where no evidence depends on it: the evidence goes on.'
        : 'The plan is changed: the evidence begins anew, with an error budget of its own. Number and salt stay.';
    case 'started': {
      const { ended } = application;
      const after = ended.length === 0 ? '' : ` It follows ${ended.join(', ')}, no longer watched.`;
      return `It is a new rollout.${after}`;
    }
  }
}

function applicationValue(application: Application): object {
  const { kind, applied } = application;
  return {
    rollout_id: applied.rolloutId,
    change: kind,
    evidence: kind === 'changed' ? application.evidence : kind === 'started' ? 'anew' : 'kept',
    ended: kind === 'started' ? application.ended : [],
    topics: applied.topics,
    partition_count: applied.partitionCount,
    policy_digest: applied.policyDigest,
  };
}
