import type { OpenApplied } from '../app/service/open-applied.ts';
import type { ServiceConfig } from '../app/service/service-config.ts';
import type { ExitCode } from './exit-codes.ts';
import { type Io, say } from './output.ts';

export const CONFIG_OPTION = [
  '-c, --config <file>',
  'the config of the service, a YAML file',
  'coalmine.yaml',
] as const;

/** Does some work on the applied rollouts of a service, and gives everything back. */
export async function withApplied(
  io: Io,
  configFile: string,
  work: (opened: OpenApplied, config: ServiceConfig) => Promise<ExitCode>,
): Promise<ExitCode> {
  const [{ readServiceConfig }, { connectApplied }] = await Promise.all([
    import('../app/service/read-config.ts'),
    import('../app/service/open-applied.ts'),
  ]);
  const config = await readServiceConfig(configFile);
  const opened = await connectApplied(config, ({ level, message, fields }) => {
    // Lines with a part are the client's own: what it cannot mend comes as an error, in our words.
    if (level === 'warn' && !('part' in fields)) say(io, message);
  });
  try {
    return await work(opened, config);
  } finally {
    await opened.close();
  }
}
