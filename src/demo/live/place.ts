import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parsePlan } from '../../app/plan/parse.ts';
import { readServiceConfig } from '../../app/service/read-config.ts';
import type { ServiceConfig } from '../../app/service/service-config.ts';
import { assert } from '../../core/foundation/assert.ts';
import type { LiveOptions } from './options.ts';

/** Holds the config that is written, what the service stores, and where the demo stopped. */
export const LIVE_FOLDER = 'coalmine-demo/kafka';

/** What `npm run infra:up` writes down. */
const INFRA_RUN = fileURLToPath(new URL('../../../.cache/infra/run.json', import.meta.url));
const infraRun = z.object({ brokers: z.array(z.string()), registryUrl: z.string() });
const USUAL = {
  brokers: ['127.0.0.1:9092'],
  registryUrl: 'http://127.0.0.1:8081/apis/ccompat/v7',
};

/** The service's config: the one that is named, else one for the broker of `npm run infra:up`. */
export async function liveConfig(
  configFile: string | null,
): Promise<{ readonly file: string; readonly config: ServiceConfig }> {
  const file = configFile ?? join(LIVE_FOLDER, 'coalmine.yaml');
  await mkdir(LIVE_FOLDER, { recursive: true });
  if (configFile === null) await writeFile(file, configText(await infraAddresses()));
  return { file, config: await readServiceConfig(file) };
}

/** What a service stored for another broker would only mislead it. */
export async function forgetStored(configFile: string | null): Promise<void> {
  if (configFile === null) await rm(join(LIVE_FOLDER, 'data'), { recursive: true, force: true });
}

async function infraAddresses(): Promise<z.infer<typeof infraRun>> {
  try {
    return infraRun.parse(JSON.parse(await readFile(INFRA_RUN, 'utf8')));
  } catch {
    return USUAL;
  }
}

function configText({ brokers, registryUrl }: z.infer<typeof infraRun>): string {
  const list = brokers.map((broker) => `'${broker}'`).join(', ');
  return `# Written by npm run demo:kafka at every start. docs/config.md has every key.
kafka: { brokers: [${list}] }
registry: { url: '${registryUrl}' }
dataFolder: data
http: { host: 127.0.0.1, port: 8080 }
`;
}

export interface LivePlan {
  readonly file: string;
  readonly text: string;
  readonly name: string;
  readonly digest: string;
}

/**
 * The plan of \`npm start\`, for flights that run ahead of the clock: a window of an hour passes in half
 * a second, and all durations of the plan stay as they are.
 */
export async function livePlan(name: LiveOptions['plan']): Promise<LivePlan> {
  const text = await readFile(new URL(`../${name}.yaml`, import.meta.url), 'utf8');
  const ahead = text.replace('futureMax: 6h', 'futureMax: 60d');
  assert(ahead !== text, 'the plan of the demo says how far ahead of the clock a flight may be');
  const file = join(LIVE_FOLDER, `${name}.yaml`);
  await writeFile(file, ahead);
  const parsed = parsePlan(ahead, file);
  assert(parsed.ok, 'the plan of the demo is valid');
  return { file, text: ahead, name: parsed.plan.name, digest: parsed.digest };
}
