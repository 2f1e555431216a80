import type { TestProject } from 'vitest/node';
import { dockerHost, endDocker, startDocker } from './docker-broker.ts';
import { endJars, killJars, startJars } from './jar-broker.ts';
import type { BrokerGiven } from './test-broker.ts';

const MISSING = [
  'give COALMINE_TEST_BROKERS (host:port,...) and COALMINE_TEST_REGISTRY (http://...),',
  'or start a Docker engine, or install Java 17 and Maven.',
].join(' ');

/** Gives all tests of this project one broker and one registry, and takes them away afterwards. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = await chooseBroker();
  project.provide('broker', broker);
  if (broker.kind === 'docker') return () => endDocker(broker);
  if (broker.kind !== 'jars') return async () => {};
  const { folder } = broker;
  const letGo = killAtExit(folder);
  return async () => {
    await endJars(folder);
    letGo();
  };
}

/** Services outlive this process: when it is ended from outside, there is no teardown. */
function killAtExit(folder: string): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const kill = () => {
    killJars(folder);
  };
  const killAndEnd = (signal: NodeJS.Signals) => {
    kill();
    letGo();
    process.kill(process.pid, signal);
  };
  const letGo = () => {
    process.off('exit', kill);
    for (const signal of signals) process.off(signal, killAndEnd);
  };
  process.on('exit', kill);
  for (const signal of signals) process.on(signal, killAndEnd);
  return letGo;
}

async function chooseBroker(): Promise<BrokerGiven> {
  const given = givenBroker(process.env);
  if (given !== null) return given;
  const host = await dockerHost();
  if (host !== null) return { kind: 'docker', ...(await startDocker(host)) };
  try {
    return { kind: 'jars', folder: await startJars(say) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const notRun = `NOT RUN: test/integration/kafka, for there is no broker: ${reason}; ${MISSING}`;
    if ((process.env['CI'] ?? '') !== '') throw new Error(notRun, { cause: error });
    say(`\n${'!'.repeat(8)} ${notRun.replaceAll(/\s+/g, ' ')}\n`);
    return { kind: 'none' };
  }
}

export function givenBroker(env: NodeJS.ProcessEnv): BrokerGiven | null {
  const brokers = (env['COALMINE_TEST_BROKERS'] ?? '').split(',').filter((each) => each !== '');
  if (brokers.length === 0) return null;
  const registryUrl = env['COALMINE_TEST_REGISTRY'] ?? '';
  if (registryUrl === '') throw new Error(`COALMINE_TEST_REGISTRY is not given. ${MISSING}`);
  return { kind: 'given', brokers, registryUrl };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
