import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { InfraError } from './infra-error.ts';

const JAVA_MAJOR_MIN = 17;

/** The command that starts Java, after asking it for its version. */
export function findJava(env: NodeJS.ProcessEnv): string {
  const home = env['JAVA_HOME'] ?? '';
  const command = home === '' ? 'java' : join(home, 'bin', 'java');
  const install = [
    `install a Java runtime of version ${JAVA_MAJOR_MIN} or newer, for example`,
    '  apt-get install openjdk-17-jre-headless   or   brew install openjdk@17',
    'and put it on the PATH, or set JAVA_HOME',
  ];
  const asked = spawnSync(command, ['-version'], { encoding: 'utf8' });
  if (asked.error !== undefined) {
    throw new InfraError(`Java is not installed: ${command} cannot be run`, install);
  }
  const major = javaMajor(asked.stderr + asked.stdout);
  if (major === null) {
    throw new InfraError(`${command} does not say its version: ${asked.stderr.trim()}`, install);
  }
  if (major < JAVA_MAJOR_MIN) {
    throw new InfraError(`Java ${major} is too old for Apache Kafka 4`, install);
  }
  return command;
}

/** `openjdk version "17.0.15"` is 17; until Java 8 it was written `"1.8.0_392"`. */
export function javaMajor(text: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Runs Maven to its end; its output is shown only when it fails. */
export async function runMaven(args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn('mvn', ['--batch-mode', '--quiet', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? mavenMissing() : error);
    });
    child.on('close', resolve);
  });
  if (code === 0) return;
  throw new InfraError(`Maven failed with exit code ${code}`, [
    ...lastLines(output.join(''), 8),
    'it fetches from Maven Central: a mirror or proxy goes into ~/.m2/settings.xml',
  ]);
}

function mavenMissing(): InfraError {
  return new InfraError('Maven is not installed: mvn cannot be run', [
    'it downloads the pinned jars of the broker and the registry, once; install it with',
    '  apt-get install maven   or   brew install maven',
  ]);
}

export function lastLines(text: string, count: number): string[] {
  return text.trimEnd().split('\n').slice(-count);
}
