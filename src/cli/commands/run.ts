import type { Role } from '../../app/service/run-service.ts';
import { CONFIG_OPTION } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, say } from '../output.ts';
import { packageVersion } from '../package-version.ts';
import type { Verb } from '../verb.ts';

interface RunFlags {
  readonly config: string;
  readonly logLevel?: string;
}

interface Part {
  readonly name: string;
  readonly about: string;
  readonly roles: readonly Role[];
}

const PARTS: readonly Part[] = [
  {
    name: 'run',
    about: 'run the whole line over Kafka as a service',
    roles: ['join', 'judge', 'control'],
  },
  {
    name: 'join',
    about: 'run only joiners: as many processes as share the partitions',
    roles: ['join'],
  },
  {
    name: 'judge',
    about: 'run only judges: they merge partials and publish verdicts',
    roles: ['judge'],
  },
  {
    name: 'control',
    about: 'run only the controller: it moves traffic and tells people',
    roles: ['control'],
  },
];

export const runVerb: Verb = {
  define(program, run) {
    for (const part of PARTS) {
      program
        .command(part.name)
        .description(part.about)
        .option(...CONFIG_OPTION)
        .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
        .action((flags: RunFlags) => run((io) => runPart(io, part, flags)));
    }
  },
};

async function runPart(io: Io, part: Part, flags: RunFlags): Promise<ExitCode> {
  const [{ readServiceConfig }, { runService }] = await Promise.all([
    import('../../app/service/read-config.ts'),
    import('../../app/service/run-service.ts'),
  ]);
  const config = await readServiceConfig(flags.config);
  await runService({
    config,
    roles: part.roles,
    version: packageVersion(),
    logLevel: flags.logLevel ?? process.env['COALMINE_LOG'],
    signal: io.signal,
    onStarted: ({ url, rolloutIds }) => {
      const what = rolloutIds.length === 0 ? 'no rollout yet' : rolloutIds.join(', ');
      say(io, `coalmine ${part.name}: ${what}${url === null ? '' : `; ${url}/metrics`}`);
    },
  });
  return EXIT.pass;
}
