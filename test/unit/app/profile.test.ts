import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStoreReader } from '../../../src/adapters/duckdb/reader.ts';
import { type LearnedProfile, profileOfFiles } from '../../../src/app/profile.ts';
import { readProfile } from '../../../src/app/profile-file.ts';
import type { ReferenceProfile } from '../../../src/core/events/profile.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';
import { writeLines } from '../../support/log-files.ts';
import { type LogRow, logRows, writeLogParquet } from '../../support/replay-log.ts';
import { replayPlanText } from '../../support/replay-plan.ts';
import { replayed } from '../../support/replayed.ts';

async function learned(files: readonly string[], sampleCount = 10_000): Promise<LearnedProfile> {
  const { signal } = new AbortController();
  return await profileOfFiles({ files, model: 'fraud', version: 'v6', sampleCount, signal });
}

async function learnedFrom(rows: readonly LogRow[], sampleCount?: number): Promise<LearnedProfile> {
  return await learned(
    [await writeLines(join(await testFolder(), 'log.jsonl'), rows)],
    sampleCount,
  );
}

interface Stored {
  readonly windows: readonly WindowSummary[];
  readonly profile: ReferenceProfile | null;
}

/** The windows of an output folder, and the profile that the last of them was counted in. */
async function stored(out: string, rolloutId: string): Promise<Stored> {
  const reader = await openStoreReader(out);
  try {
    const windows: WindowSummary[] = [];
    for await (const { summary } of reader.windows(rolloutId, Number.MAX_SAFE_INTEGER))
      windows.push(summary);
    const hash = windows.at(-1)?.profileHash ?? null;
    return { windows, profile: hash === null ? null : await reader.profile(hash) };
  } finally {
    reader.close();
  }
}

describe('learning a profile from files', () => {
  it('gives the one that a replay learns from the same rows', async () => {
    const rows = logRows({ requestCount: 400 });
    const { out, report } = await replayed(await testFolder(), rows);
    const { profile } = await stored(out, report.rolloutId);
    const windowMs = 30 * 60_000;
    const learnedUntilMs = (Math.floor((profile?.toMs ?? 0) / windowMs) + 1) * windowMs;
    const same = rows.current.filter((row) => Number(row['event_time']) < learnedUntilMs);
    expect(same.length).toBeGreaterThan(200);
    const found = await learnedFrom(same, 200);
    expect(found.profile).toEqual(profile);
    expect(found.seenCount).toBe(same.length);
  });

  it('does not depend on the form of the files, nor on their order', async () => {
    const rows = logRows({ requestCount: 120 });
    const { current } = await writeLogParquet(await testFolder(), rows);
    const folder = await testFolder();
    const halves = await Promise.all(
      [rows.current.slice(60), rows.current.slice(0, 60)].map(
        async (half, i) => await writeLines(join(folder, `half-${i}.jsonl`), half),
      ),
    );
    expect((await learned(halves, 50)).profile).toEqual((await learned(current, 50)).profile);
  });

  it('takes the first answer to each request, no errors, no other version', async () => {
    const { current, canary } = logRows({ requestCount: 50 });
    const clean = await learnedFrom(current);
    const repeated = current.map((row) => ({ ...row, score: 0.123 }));
    const failed = { ...current[0], request_id: 'failed', score: null, error: 'timeout' };
    const noisy = await learnedFrom([...current, ...repeated, ...canary, failed]);
    expect(noisy.profile).toEqual(clean.profile);
    expect(noisy.seenCount).toBe(50);
  });

  it('is what a plan may name: every window is counted in it, from the first', async () => {
    const rows = logRows({ requestCount: 300 });
    const folder = await testFolder();
    const { profile } = await learnedFrom(rows.current, 150);
    const file = join(folder, 'profile.json');
    await writeFile(file, JSON.stringify(profile));
    expect(readProfile(await readFile(file, 'utf8'), file)).toEqual(profile);
    const plan = replayPlanText().replace(/reference: .*/, `reference: { file: ${file} }`);
    const { out, report } = await replayed(folder, rows, plan);
    const { windows, profile: used } = await stored(out, report.rolloutId);
    expect(windows.length).toBeGreaterThan(10);
    expect(new Set(windows.map(({ profileHash }) => profileHash)).size).toBe(1);
    expect(windows[0]?.fields.map(({ field }) => field.name)).toContain('feature.amount');
    expect(used).toEqual(profile);
  });

  it('refuses files without an answer of the version', async () => {
    const { canary, current } = logRows({ requestCount: 5 });
    await expect(learnedFrom(canary)).rejects.toMatchObject({ code: 'input_foreign' });
    const failed = current.map((row) => ({ ...row, score: null, error: 'timeout' }));
    await expect(learnedFrom(failed)).rejects.toMatchObject({ code: 'input_foreign' });
  });

  it('stops when asked to', async () => {
    const { current } = await writeLogParquet(await testFolder(), logRows({ requestCount: 5 }));
    const request = { files: current, model: 'fraud', version: 'v6', sampleCount: 5 };
    await expect(
      profileOfFiles({ ...request, signal: AbortSignal.abort(new Error('stopped')) }),
    ).rejects.toThrow('stopped');
  });
});
