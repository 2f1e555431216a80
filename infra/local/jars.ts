import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMaven } from './tools.ts';

/** Folders of what was downloaded. */
export interface Jars {
  readonly kafka: string;
  readonly registry: string;
}

interface Fetching {
  /** Shared by all who start services from this checkout. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const PARTS = [
  { name: 'kafka', goal: 'copy-dependencies', about: 'Apache Kafka, 43 MB' },
  { name: 'registry', goal: 'unpack-dependencies', about: 'Apicurio registry, 142 MB' },
] as const;

/** Downloads what is not there yet. A changed version is a new folder, so old ones stay usable. */
export async function fetchJars(fetching: Fetching): Promise<Jars> {
  const [, registry] = PARTS;
  return { kafka: await fetchKafka(fetching), registry: await fetchPart(registry, fetching) };
}

/** The broker alone. */
export async function fetchKafka(fetching: Fetching): Promise<string> {
  return await fetchPart(PARTS[0], fetching);
}

async function fetchPart(
  { name, goal, about }: (typeof PARTS)[number],
  { folder, say, signal }: Fetching,
): Promise<string> {
  const pom = fileURLToPath(new URL(`../maven/${name}.pom.xml`, import.meta.url));
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  // Absolute: Maven takes paths as beginning at the POM.
  const target = join(resolve(folder), `${name}-${digest}`);
  if (existsSync(target)) return target;
  say(`downloading ${about} from Maven Central`);
  await mkdir(folder, { recursive: true });
  // Renamed when complete: an interrupted download is never taken for a whole one.
  const begun = `${target}.${process.pid}`;
  try {
    await runMaven(
      [
        '-f',
        pom,
        `dependency:${goal}`,
        '-DincludeScope=runtime',
        `-DoutputDirectory=${begun}`,
        `-DmarkersDirectory=${begun}/.markers`,
      ],
      signal,
    );
    await rename(begun, target).catch((error: unknown) => {
      // Another process may have finished the same download meanwhile.
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
  return target;
}
