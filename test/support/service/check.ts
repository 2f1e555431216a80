import { expect } from 'vitest';
import { deadLetterId } from '../../../src/adapters/avro/dead-letter.ts';
import type { ServicePlace } from './place.ts';
import { eventually } from './read-topics.ts';
import {
  byId,
  countsOfSummary,
  readDeadLetters,
  readPartials,
  readPositions,
  readStored,
  readVerdicts,
  type Stored,
} from './stored.ts';
import { type Truth, truthOf } from './truth.ts';

/** Waits until the verdict of the last window before `closedMs` that holds anything is published. */
export async function verdictsThrough(
  place: ServicePlace,
  closedMs: number,
  given: { readonly withinMs?: number } = {},
): Promise<Truth> {
  const truth = await truthOf(place);
  const wanted = [...truth.windows.keys()].filter((startMs) => startMs < closedMs);
  const last = Math.max(...wanted);
  try {
    await eventually(
      `the verdict of the window at ${last}`,
      async () => {
        const verdicts = await readVerdicts(place);
        return verdicts.some(({ verdict }) => verdict.windowStartMs === last) ? verdicts : null;
      },
      given,
    );
  } catch (cause) {
    throw new Error(await whereItStands(place), { cause });
  }
  return truth;
}

/** How far each part of a service is, for a test that fails. */
async function whereItStands(place: ServicePlace): Promise<string> {
  const verdicts = await readVerdicts(place);
  const lines = [
    `${place.prefix} in ${place.folder}: ${verdicts.length} verdicts,`,
    `the last of ${verdicts.at(-1)?.verdict.windowStartMs}, epoch ${verdicts.at(-1)?.epoch}`,
  ];
  for (const [partition, record] of await readPositions(place)) {
    const { reportedThroughMs, watermarkMs, profileHash, counters, positions } = record;
    const offsets = positions.map(
      ({ replayOffset, nextOffset }) => `${replayOffset}-${nextOffset}`,
    );
    lines.push(
      `partition ${partition}: reported ${reportedThroughMs}, watermark ${watermarkMs}, ` +
        `cells ${profileHash}, read ${counters.read}, offsets ${offsets.join(' ')}`,
    );
  }
  const told = new Map<string, string>();
  for (const message of await readPartials(place)) {
    if (message.kind === 'sample') continue;
    const { kind, partition, reportedThroughMs, profileHash } = message;
    told.set(`${kind}/${partition}`, `${reportedThroughMs} with cells ${profileHash}`);
  }
  for (const [who, what] of told) lines.push(`last ${who}: ${what}`);
  return lines.join('\n');
}

/** Everything that is stored, published and set aside equals what the log says. */
export async function expectTruth(
  place: ServicePlace,
  given: { readonly closedMs: number; readonly truth: Truth; readonly dataFolder?: string },
): Promise<Stored> {
  const { closedMs, truth, dataFolder = 'data' } = given;
  const stored = await readStored(place, dataFolder);
  const wanted = [...truth.windows].filter(([startMs]) => startMs < closedMs);
  const found = stored.windows
    .filter(({ windowStartMs }) => windowStartMs < closedMs)
    .map((summary) => [summary.windowStartMs, countsOfSummary(summary)] as const);
  expect(found).toEqual(wanted);
  const published = byId((await readVerdicts(place)).map(({ verdict }) => verdict));
  const verdicts = byId(stored.verdicts);
  expect(published).toEqual(verdicts);
  expect(stored.verdicts.map(({ windowStartMs }) => windowStartMs)).toEqual(
    stored.windows.map(({ windowStartMs }) => windowStartMs),
  );
  const dead = (await readDeadLetters(place)).map(deadLetterId);
  expect(new Set(dead)).toEqual(truth.dead);
  await expectAccounts(place, truth);
  return stored;
}

/** Line 6 of the contract: what each partition read is what became of it. */
async function expectAccounts(place: ServicePlace, truth: Truth): Promise<void> {
  const positions = await readPositions(place);
  for (const [number, { counters }] of truth.partitions.entries()) {
    const record = positions.get(number);
    expect({ partition: number, ...record?.counters }).toEqual({
      partition: number,
      read: counters.read,
      late: counters.late,
      deadLettered: counters.deadLettered,
      ignored: counters.ignored,
    });
  }
}
