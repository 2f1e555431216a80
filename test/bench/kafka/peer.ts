import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { runMaven } from '../../../infra/local/tools.ts';
import type { ExpectedTotals, GeneratedModel } from './expected.ts';
import { runChild } from './measured.ts';
import type { Run } from './run.ts';

const BUILD_MS_MAX = 600_000;
const REGISTERED = z.object({ id: z.number() });

/** The peer as it was built, and where it finds its topics. */
export interface Peer {
  readonly java: string;
  readonly source: string;
  readonly build: string;
  readonly work: string;
  readonly brokers: readonly string[];
  readonly schemaId: number;
  readonly model: GeneratedModel & { readonly spanMs: number; readonly partitionCount: number };
}

/** Builds the sources of a folder into another. */
export async function buildPeer(source: string, build: string): Promise<void> {
  await mkdir(build, { recursive: true });
  const pom = join(source, 'pom.xml');
  await runMaven(
    ['-f', pom, `-Dbuild.dir=${resolve(build)}`, 'package'],
    AbortSignal.timeout(BUILD_MS_MAX),
  );
}

/** Its generator writes a schema id of our choice, so that a reader of the registry finds the schema. */
export async function registerPeerSchema(source: string, registryUrl: string): Promise<number> {
  const schema = await readFile(join(source, 'src', 'main', 'avro', 'prediction.avsc'), 'utf8');
  const answer = await fetch(`${registryUrl}/subjects/predictions.current-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  return REGISTERED.parse(await answer.json()).id;
}

/** Makes and fills both prediction topics. */
export async function generate(peer: Peer): Promise<void> {
  const { model, schemaId } = peer;
  await java(peer, 'Generate', [
    ...modelOptions(peer),
    `--partitions=${model.partitionCount}`,
    `--schema-id-current=${schemaId}`,
    `--schema-id-canary=${schemaId}`,
  ]);
}

/** One run of the peer on new topics of its own, with its totals checked by itself and by us. */
export async function runPeer(peer: Peer, expected: ExpectedTotals, name: string): Promise<Run> {
  const { output, usage } = await java(peer, 'StreamsPeer', [
    ...modelOptions(peer),
    `--run=${name}`,
    '--store=rocksdb',
    '--logging=on',
    '--threads=2',
    `--schema-id-current=${peer.schemaId}`,
    `--state-dir=${join(peer.work, `state-${name}`)}`,
    '--timeout-s=1800',
  ]);
  const said = fieldsOf(output);
  const check = await java(peer, 'Verify', [
    ...modelOptions(peer),
    `--topic=${said.get('windows_topic') ?? ''}`,
  ]);
  return {
    pairsPerS: numberIn(said, 'pairs_per_s'),
    recordsPerS: numberIn(said, 'records_per_s'),
    cpuS: usage.cpuS,
    peakRssMb: usage.peakRssMb,
    isExact: agrees(check.output, expected),
  };
}

/** `got/expected` of each total: all three must be the same. */
export function agrees(verified: string, expected: ExpectedTotals): boolean {
  const said = fieldsOf(verified);
  const wanted = {
    pairs: expected.pairs,
    only_current: expected.onlyCurrent,
    only_canary: expected.onlyCanary,
    disagree: expected.disagree,
  };
  return (
    verified.startsWith('verify EXACT ') &&
    Object.entries(wanted).every(([name, count]) => said.get(name) === `${count}/${count}`)
  );
}

/** The `name=value` words of a line. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

function numberIn(said: ReadonlyMap<string, string>, name: string): number {
  const value = Number(said.get(name));
  if (!Number.isFinite(value)) throw new Error(`the peer does not say ${name}`);
  return value;
}

function modelOptions({ brokers, model }: Peer): string[] {
  return [
    `--bootstrap=${brokers.join(',')}`,
    `--n=${model.requestCount}`,
    `--seed=${model.seed}`,
    `--span-ms=${model.spanMs}`,
    `--unmatched=${model.unmatchedShare}`,
  ];
}

async function java(peer: Peer, main: string, options: readonly string[]) {
  const classes = [join(peer.build, 'classes'), join(peer.build, 'lib', '*')].join(':');
  const logging = `-Dlog4j2.configurationFile=file:${join(peer.source, 'log4j2.properties')}`;
  return await runChild({
    file: peer.java,
    args: ['-Xmx1g', logging, '-cp', classes, `peer.${main}`, ...options],
    logFile: join(peer.work, 'peer.log'),
  });
}
