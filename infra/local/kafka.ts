import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokerAnswers } from './broker-answers.ts';
import { InfraError } from './infra-error.ts';
import { type Service, startService, waitUntilReady } from './service.ts';

export interface KafkaPlace {
  readonly java: string;
  /** The folder of the broker's jars. */
  readonly jars: string;
  /** Where its data, configuration and log are. */
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  /** What a broker has besides, or in the place of what is usual here. */
  readonly besides?: KafkaBesides;
}

export interface KafkaBesides {
  readonly settings: Readonly<Record<string, string>>;
  readonly javaOptions: readonly string[];
  /** Arguments of the tool that makes the storage: users of SCRAM are made there. */
  readonly formatOptions: readonly string[];
}

const MAIN = 'kafka.Kafka';
const FORMAT = 'kafka.tools.StorageTool';

/** Formats the storage of a new broker, and starts it. */
export async function startKafka(place: KafkaPlace, signal: AbortSignal): Promise<Service> {
  await mkdir(place.folder, { recursive: true });
  await writeFile(propertiesFile(place), propertiesOf(place));
  if (!existsSync(join(dataFolder(place), 'meta.properties'))) await format(place, signal);
  return startService({
    name: 'kafka',
    java: place.java,
    folder: place.folder,
    args: [...javaArgs(place), MAIN, propertiesFile(place)],
  });
}

export async function kafkaReady(
  service: Service,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  await waitUntilReady(service, () => brokerAnswers(port), signal);
}

function javaArgs({ jars, besides }: KafkaPlace): string[] {
  const logging = fileURLToPath(new URL('../kafka/log4j2.properties', import.meta.url));
  const options = besides?.javaOptions ?? [];
  return ['-Xmx512m', `-Dlog4j2.configurationFile=${logging}`, ...options, '-cp', join(jars, '*')];
}

function propertiesFile({ folder }: KafkaPlace): string {
  return join(folder, 'kafka.properties');
}

function dataFolder({ folder }: KafkaPlace): string {
  return join(folder, 'kafka-data');
}

/**
 * What holds for every broker of one node here, also in a container. Records of replayed data carry old times, so the default
 * retention by time would delete them within minutes: topics that should forget say so themselves.
 */
export const BROKER_SETTINGS = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'log.retention.ms': '-1',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
};

/** The images read `a.b` from `KAFKA_A_B`. */
export function environmentName(setting: string): string {
  return `KAFKA_${setting.toUpperCase().replaceAll('.', '_')}`;
}

function propertiesOf(place: KafkaPlace): string {
  const broker = `127.0.0.1:${place.port}`;
  const controller = `127.0.0.1:${place.controllerPort}`;
  const settings = {
    ...BROKER_SETTINGS,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataFolder(place),
    ...place.besides?.settings,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** Makes the storage of a new cluster. */
async function format(place: KafkaPlace, signal: AbortSignal): Promise<void> {
  const logFile = join(place.folder, 'kafka.log');
  const clusterId = randomBytes(16).toString('base64url');
  const options = ['--cluster-id', clusterId, '--config', propertiesFile(place)];
  const command = [FORMAT, 'format', ...options, ...(place.besides?.formatOptions ?? [])];
  const log = await open(logFile, 'a');
  try {
    // A short life is not worth compiling for.
    const args = ['-XX:TieredStopAtLevel=1', ...javaArgs(place), ...command];
    const child = spawn(place.java, args, { stdio: ['ignore', log.fd, log.fd], signal });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new InfraError(`formatting the broker's storage failed: see ${logFile}`);
  } finally {
    await log.close();
  }
}
