import { CONFIG_OPTION, withApplied } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io } from '../output.ts';
import type { Verb } from '../verb.ts';

export const deleteVerb: Verb = {
  define(program, run) {
    program
      .command('delete')
      .description('take a rollout away from the service; what it stored stays')
      .argument('<rollout>', 'its id, as coalmine list shows it')
      .option(...CONFIG_OPTION)
      .action((rolloutId: string, options: { readonly config: string }) =>
        run((io) => remove(io, rolloutId, options.config)),
      );
  },
};

async function remove(io: Io, rolloutId: string, configFile: string): Promise<ExitCode> {
  const { deleteRollout } = await import('../../app/service/applied-topic.ts');
  return await withApplied(io, configFile, async ({ topics }) => {
    await deleteRollout(topics, rolloutId);
    await answer(io, {
      value: { rollout_id: rolloutId, deleted: true },
      text: () => `${rolloutId} is taken away; its windows and verdicts stay stored.`,
    });
    return EXIT.pass;
  });
}
