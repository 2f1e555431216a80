import { setTimeout as wait } from 'node:timers/promises';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { brokerAnswers } from '../../../infra/local/broker-answers.ts';
import { BROKER_SETTINGS, environmentName } from '../../../infra/local/kafka.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { refuseIncompatible, registryAnswers } from '../../../infra/local/registry.ts';
import type { Faults, TestBroker } from './test-broker.ts';

export const KAFKA_IMAGE = 'apache/kafka:4.1.1';
export const REGISTRY_IMAGE = 'apicurio/apicurio-registry-mem:2.6.13.Final';

/** Two containers, by id: workers did not start them. */
export interface DockerBroker {
  readonly host: string;
  readonly kafkaPort: number;
  readonly registryUrl: string;
  readonly kafkaId: string;
  readonly registryId: string;
}

const START_MS_MAX = 280_000;
const POLL_MS = 200;

/** Null where no Docker engine answers. */
export async function dockerHost(): Promise<string | null> {
  try {
    const client = await getContainerRuntimeClient();
    return client.info.containerRuntime.host;
  } catch {
    return null;
  }
}

/** Host ports are chosen here, not by the engine: a container that starts again must keep its own. */
export async function startDocker(host: string): Promise<DockerBroker> {
  const kafkaPort = await freePort();
  const registryPort = await freePort();
  const [kafka, registry] = await Promise.all([
    new GenericContainer(KAFKA_IMAGE)
      .withEnvironment(kafkaEnvironment(host, kafkaPort))
      .withExposedPorts({ container: kafkaPort, host: kafkaPort })
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
      .withStartupTimeout(START_MS_MAX)
      .start(),
    new GenericContainer(REGISTRY_IMAGE)
      .withEnvironment({ REGISTRY_DATASOURCE_URL: 'jdbc:h2:file:/tmp/registry;WRITE_DELAY=0' })
      .withExposedPorts({ container: 8080, host: registryPort })
      .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
      .withStartupTimeout(START_MS_MAX)
      .start(),
  ]);
  const registryUrl = `http://${host}:${registryPort}/apis/ccompat/v7`;
  await refuseIncompatible(registryUrl, AbortSignal.timeout(START_MS_MAX));
  return { host, kafkaPort, registryUrl, kafkaId: kafka.getId(), registryId: registry.getId() };
}

/** Inside, the broker reaches itself by its own listener. */
function kafkaEnvironment(host: string, port: number): Record<string, string> {
  const settings = {
    ...BROKER_SETTINGS,
    'controller.quorum.voters': '1@localhost:9093',
    listeners: `PLAINTEXT://:${port},INSIDE://:19092,CONTROLLER://:9093`,
    'advertised.listeners': `PLAINTEXT://${host}:${port},INSIDE://localhost:19092`,
    'inter.broker.listener.name': 'INSIDE',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [environmentName(key), value]),
  );
}

export async function endDocker({ kafkaId, registryId }: DockerBroker): Promise<void> {
  const { container } = await getContainerRuntimeClient();
  for (const id of [kafkaId, registryId]) {
    await container.getById(id).remove({ force: true, v: true });
  }
}

export function attachDocker(broker: DockerBroker): TestBroker {
  const { host, kafkaPort, registryUrl, kafkaId, registryId } = broker;
  return {
    brokers: [`${host}:${kafkaPort}`],
    registryUrl,
    ...faultsOf(kafkaId, () => brokerAnswers(kafkaPort, host)),
    registry: faultsOf(registryId, () => registryAnswers(registryUrl)),
  };
}

function faultsOf(id: string, answers: () => Promise<boolean>): Faults {
  const container = async () => (await getContainerRuntimeClient()).container.getById(id);
  const isRunning = async () => (await (await container()).inspect()).State.Running;
  return {
    stop: async () => (await container()).stop(),
    kill: async () => (await container()).kill(),
    restart: async () => {
      if (await isRunning()) await (await container()).stop();
      await (await container()).start();
      await until(answers);
    },
    pause: async () => (await container()).pause(),
    resume: async () => (await container()).unpause(),
  };
}

async function until(answers: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  while (!(await answers())) {
    if (Date.now() > deadline) throw new Error(`no answer within ${START_MS_MAX / 1000} s`);
    await wait(POLL_MS);
  }
}
