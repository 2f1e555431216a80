import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from './infra-error.ts';
import { type Service, startService, waitUntilReady } from './service.ts';

export interface RegistryPlace {
  readonly java: string;
  /** The folder of the unpacked registry. */
  readonly jars: string;
  readonly folder: string;
  readonly port: number;
}

const ANSWER_MS_MAX = 5_000;

/** The base address of the Confluent-compatible interface. */
export function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

/**
 * Schemas are kept in a file, written before the answer: records in the broker carry schema ids,
 * and a registry that forgot them would make those records unreadable.
 */
export async function startRegistry(place: RegistryPlace): Promise<Service> {
  await mkdir(place.folder, { recursive: true });
  const names = existsSync(place.jars) ? await readdir(place.jars) : [];
  const jar = names.find((name) => name.endsWith('-runner.jar'));
  if (jar === undefined) throw new InfraError(`no registry lies in ${place.jars}: delete it`);
  const database = join(place.folder, 'registry-data', 'registry');
  return startService({
    name: 'registry',
    java: place.java,
    folder: place.folder,
    args: [
      '-Xmx384m',
      // Starts in a third of the time; nobody asks it for speed afterwards.
      '-XX:TieredStopAtLevel=1',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${place.port}`,
      `-Dquarkus.datasource.jdbc.url=jdbc:h2:file:${database};WRITE_DELAY=0`,
      '-Dquarkus.datasource.jdbc.initial-size=1',
      '-Dquarkus.datasource.jdbc.min-size=1',
      '-Dquarkus.datasource.jdbc.max-size=10',
      '-jar',
      join(place.jars, jar),
    ],
  });
}

/** Waits for the registry, and makes it strict. */
export async function registryReady(
  service: Service,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  await waitUntilReady(service, () => registryAnswers(url), signal);
  await refuseIncompatible(url, signal);
}

/** Makes the registry refuse schemas that consumers could not read: its own default is NONE. */
export async function refuseIncompatible(url: string, signal: AbortSignal): Promise<void> {
  const set = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
    signal,
  });
  if (!set.ok) {
    throw new InfraError(
      `the registry does not take its compatibility: ${set.status} ${await set.text()}`,
    );
  }
}

export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
