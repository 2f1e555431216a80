import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava, lastLines, runMaven } from '../../../infra/local/tools.ts';

const RECIPE = fileURLToPath(new URL('../../../infra/flink', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../.cache/infra/jars', import.meta.url));
const DOWNLOAD_MS_MAX = 600_000;

/** The variables of partials.sql. */
export type RecipeVariables = Readonly<Record<string, string>>;

/** Runs the recipe on Flink's mini cluster, in one JVM, until it has read all that the topics hold now. */
export async function runRecipe(variables: RecipeVariables): Promise<void> {
  const jars = await flinkJars();
  const java = findJava(process.env);
  const loopback = ['rest.bind-address=127.0.0.1', 'jobmanager.bind-host=127.0.0.1'];
  const script = join(RECIPE, 'RunSql.java');
  const job = join(RECIPE, 'partials.sql');
  const args = ['-Xmx1g', '-cp', join(jars, '*'), script, job, ...loopback];
  const child = spawn(java, args, {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`Flink ended with ${code}:\n${lastLines(output.join(''), 60).join('\n')}`);
  }
}

/** Downloaded once per version of the recipe's pom, 157 MB. */
async function flinkJars(): Promise<string> {
  const pom = join(RECIPE, 'pom.xml');
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex');
  const folder = join(CACHE, `flink-${digest.slice(0, 12)}`);
  if (existsSync(join(folder, 'complete'))) return folder;
  await mkdir(folder, { recursive: true });
  await runMaven(
    [
      '-f',
      pom,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${folder}`,
    ],
    AbortSignal.timeout(DOWNLOAD_MS_MAX),
  );
  await mkdir(join(folder, 'complete'));
  return folder;
}
