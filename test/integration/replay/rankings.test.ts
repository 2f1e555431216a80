import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { START_MS, writeRows } from '../../support/log-files.ts';
import { mulberry32, type Random } from '../../support/random.ts';
import { queried, replayed, runCli } from '../../support/replay-cli.ts';
import { type LogRow, writeLogLines } from '../../support/replay-log.ts';

const REQUEST_COUNT = 12_000;
const COUNTRIES = ['DE', 'FR', 'JP', 'BR', 'US', 'IN'];

/** Neither model logs a score or a label: rankings are all there is. */
const PLAN = `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: feed-v2 }
spec:
  model: feed
  current: v1
  canary: v2
  window: { length: 10m, grace: 1m, skewMax: 30s, futureMax: 6h }
  reference: { minSamples: 1000, minSpan: 1h }
  decision: { of: items, overlapMin: 0.6, k: 10 }
  steps:
    - shadow: { duration: 16h, minPairs: 2000 }
    - { setWeight: 50, bake: 1h, minSamples: 50 }
    - { setWeight: 100, bake: 1h, minSamples: 50 }
  metrics:
    - { name: error-rate, type: errorRate, tolerance: { ratio: 1.25, difference: 0.005 }, weight: 0.3 }
    - { name: disagreement, type: disagreement, max: 0.5, weight: 0.2 }
    - { name: segments, type: segment, max: 0.25, minPairs: 200, onFail: rollback, weight: 0.5 }
  keepPairs: { mode: disagreements, share: 0.01, perWindowMax: 50, retention: 30d }
`;

function shuffled(items: readonly string[], random: Random, offset: number): readonly string[] {
  return items.map((_, i) => `item-${offset + Math.floor(random() * 10_000) + i}`);
}

/** Ten items; the canary swaps two neighbours and replaces one of the last: what a retrained model does. */
function rankingRows(isFault: (country: string) => boolean): {
  readonly current: readonly LogRow[];
  readonly canary: readonly LogRow[];
  readonly outcomes: readonly LogRow[];
} {
  const random = mulberry32(11);
  const current: LogRow[] = [];
  const canary: LogRow[] = [];
  for (let i = 0; i < REQUEST_COUNT; i += 1) {
    const country = COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? 'DE';
    const first = Math.floor(random() * 1_000);
    const items = Array.from({ length: 12 }, (_, k) => `item-${first + k}`);
    const [a = '', b = '', ...rest] = items;
    const similar = [b, a, ...rest.slice(0, 7), `item-${first + 2_000}`, ...rest.slice(8)];
    const common = {
      request_id: `r${i}`,
      model: 'feed',
      unit_id: `user-${Math.floor(random() * 500)}`,
      context: { country, device: random() < 0.5 ? 'phone' : 'web' },
    };
    const atMs = START_MS + i * 6_000;
    current.push({ ...common, version: 'v1', event_time: atMs, items });
    canary.push({
      ...common,
      version: 'v2',
      event_time: atMs + Math.floor(random() * 200),
      items: isFault(country) ? shuffled(items, random, 50_000) : similar,
    });
  }
  return { current, canary, outcomes: [] };
}

const TYPES = {
  request_id: 'varchar',
  model: 'varchar',
  version: 'varchar',
  event_time: 'bigint',
  unit_id: 'varchar',
  items: 'varchar[]',
  context: 'struct(country varchar, device varchar)',
};

let folder = '';
let plan = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-rankings-'));
  plan = join(folder, 'plan.yaml');
  await writeFile(plan, PLAN);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a rollout of a ranking model', () => {
  test('that ranks a little otherwise everywhere is promoted, and says how much', async () => {
    const log = await writeLogLines(
      folder,
      rankingRows(() => false),
    );
    const out = join(folder, 'healthy');
    const answer = await replayed({ plan, log: { ...log, outcomes: [] }, out });
    expect(answer.decision).toBe('promoted');
    const check = answer.checks.find(({ name }) => name === 'disagreement');
    expect(check?.sentence).toMatch(
      /^the first 10 items overlap by less than 60 % in 0 % of [\d,]+ pairs; the first item changed in 100 %, mean overlap 0\.9, RBO 0\.8\d*; limit 50 %; no evidence against$/,
    );
    const [row] = await queried(
      out,
      'select min(overlap_mean) as least, max(first_item_changed_rate) as changed from windows where rankings_compared > 0',
    );
    expect(row).toEqual({ least: expect.closeTo(0.9, 5), changed: 1 });
  }, 60_000);

  test('that fails in one country is rolled back, and the sentence names the country', async () => {
    const rows = rankingRows((country) => country === 'BR');
    const log = await writeLogLines(folder, rows);
    const out = join(folder, 'faulty');
    const answer = await replayed({ plan, log: { ...log, outcomes: [] }, out });
    expect(answer.decision).toBe('rolled_back');
    expect(answer.reason).toMatch(
      /segments: the first 10 items overlap by less than 60 % in 100 % of [\d,]+ pairs where country is BR, the worst cell/,
    );
    expect(answer.reason).not.toMatch(/upwards|downwards/);
    expect(answer.drivers[0]).toMatchObject({ field: 'country', cell: 'BR', direction: null });
    const [last] = await queried(
      out,
      'select verdict_id as id from verdicts order by window_start desc limit 1',
    );
    const explained = await runCli(['explain', String(last?.['id']), '--out', out]);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain('rankings that differ');
    const [kept] = await queried(out, 'select count(*)::integer as n from pairs where disagree');
    expect(Number(kept?.['n'])).toBeGreaterThan(100);
  }, 60_000);

  test('decides the same from Parquet', async () => {
    const rows = rankingRows((country) => country === 'BR');
    const file = (arm: 'current' | 'canary') =>
      writeRows(join(folder, `${arm}.parquet`), rows[arm], TYPES);
    const log = { current: [await file('current')], canary: [await file('canary')], outcomes: [] };
    await replayed({ plan, log, out: join(folder, 'parquet') });
    const verdicts = (name: string) => readFile(join(folder, name, 'verdicts.jsonl'), 'utf8');
    expect(await verdicts('parquet')).toBe(await verdicts('faulty'));
  }, 60_000);
});
