import type { Check } from '../../app/service/doctor/check.ts';
import { CONFIG_OPTION } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io } from '../output.ts';
import { nodeVersionMin } from '../package-version.ts';
import type { Verb } from '../verb.ts';

interface DoctorOptions {
  readonly config: string;
  readonly strict?: true;
}

export const doctorVerb: Verb = {
  define(program, run) {
    program
      .command('doctor')
      .description(
        'check brokers, registry, topics, records, clocks and disk, and say what mends them',
      )
      .option(...CONFIG_OPTION)
      .option('--strict', 'end with 1 for warnings too')
      .addHelpText(
        'after',
        '\nEnds with 1 when there is an error. The broker and the registry are left as they are.',
      )
      .action((options: DoctorOptions) => run((io) => doctor(io, options)));
  },
};

async function doctor(io: Io, { config: file, strict }: DoctorOptions): Promise<ExitCode> {
  const [{ readServiceConfig }, { examine }, { worstOf }, { doctorText }] = await Promise.all([
    import('../../app/service/read-config.ts'),
    import('../../app/service/doctor/examine.ts'),
    import('../../app/service/doctor/check.ts'),
    import('../doctor-text.ts'),
  ]);
  const checks = await examine(await readServiceConfig(file), nodeVersionMin());
  const worst = worstOf(checks);
  await answer(io, {
    value: { worst, checks: checks.map(checkValue) },
    text: () => doctorText(checks, io.style),
  });
  const fails = worst === 'error' || (strict === true && worst === 'warning');
  return fails ? EXIT.error : EXIT.pass;
}

function checkValue({ area, subject, status, seen, mend }: Check): object {
  return { area, subject, status, seen, mend };
}
