import { describe, expect, it } from 'vitest';
import {
  type EvidenceState,
  foldIncrements,
  initialEvidence,
  logEvidence,
} from '../../../src/core/stats/sequential/evidence.ts';
import {
  initialMeanSequence,
  type MeanRule,
  type Moments,
  updateArmMeans,
  updatePairedMean,
} from '../../../src/core/stats/sequential/mean-sequence.ts';
import {
  type ValueGroup,
  valueTiltIncrements,
} from '../../../src/core/stats/sequential/value-tilt.ts';
import { binomialDraw, mulberry32, type Random, sum12 } from '../../support/random.ts';

const LINE = -Math.log(0.05);
const RUNS = 80;
/** If the true rate is 5 %, more than 11 alarms in 80 runs have probability 6e-4 (binomial tail). */
const ALARMS_MAX = 11;
const WINDOWS = 60;
/** Purchases wait in as many strata as windows passed: fewer runs. 8 alarms of 40 have probability 7e-4. */
const SALES_RUNS = 40;
const SALES_ALARMS_MAX = 7;

function alarms(seed: number, run: (random: Random) => boolean, runs = RUNS): number {
  const random = mulberry32(seed);
  let count = 0;
  for (let i = 0; i < runs; i++) if (run(random)) count += 1;
  return count;
}

const AT_LIMIT: MeanRule = { direction: 1, ratio: 1, difference: 0, dispersion: 1 };

type Law = (random: Random) => number;

function draw(random: Random, n: number, law: Law): Moments {
  let sum = 0;
  let squareSum = 0;
  for (let i = 0; i < n; i++) {
    const value = law(random);
    sum += value;
    squareSum += value * value;
  }
  return { count: n, sum, squareSum };
}

/** Pareto of shape 2.5, cut at its 99.9 % quantile. */
const pareto: Law = (random) => Math.min(15.85, (1 - random()) ** -0.4);
const normal: Law = (random) => sum12(random);
const rare: Law = (random) => (random() < 0.02 ? 1 : 0);

interface Arms {
  readonly law: Law;
  /** Canary's part of 400 values in a window. */
  readonly shareAt: (window: number) => number;
  readonly rhythm: boolean;
  readonly shift: number;
  readonly rule: MeanRule;
}

function armAlarm(random: Random, arms: Arms): boolean {
  let state = initialMeanSequence();
  for (let w = 0; w < WINDOWS; w++) {
    const swing = arms.rhythm ? 1 + 0.8 * Math.sin(w / 6) : 1;
    const canaryN = Math.round(400 * arms.shareAt(w));
    const law: Law = (source) => swing * arms.law(source);
    const current = draw(random, 400 - canaryN, law);
    const canary = draw(random, canaryN, (source) => law(source) + arms.shift);
    state = updateArmMeans(state, { current, canary }, arms.rule);
    if (logEvidence(state) >= LINE) return true;
  }
  return false;
}

/** From 1 % to half of the traffic, as stages do. */
const ramp = (w: number) => [0.01, 0.05, 0.1, 0.25, 0.5][Math.floor(w / 12)] ?? 0.5;

describe('false alarms of the means of two arms, looked at after every window', () => {
  const laws: readonly [string, Law][] = [
    ['normal scores', normal],
    ['heavy tails', pareto],
    ['a few ones among zeros', rare],
  ];
  const shares: readonly [string, (w: number) => number][] = [
    ['50 and 50 %', () => 0.5],
    ['5 and 95 %', () => 0.05],
    ['a growing share', ramp],
  ];
  const settings = laws.flatMap(([name, law]) =>
    shares.flatMap(([share, shareAt]) =>
      ([1, -1] as const).map((direction) => ({ name, share, direction, law, shareAt })),
    ),
  );

  it.each(settings)(
    'are within the budget: $name, $share, direction $direction, with a rhythm',
    ({ law, shareAt, direction }) => {
      const arms = { law, shareAt, rhythm: true, shift: 0, rule: { ...AT_LIMIT, direction } };
      const count = alarms(41, (random) => armAlarm(random, arms));
      expect(count).toBeLessThanOrEqual(ALARMS_MAX);
    },
  );

  it('are outnumbered by far by true alarms when scores shift by a third of their spread', () => {
    const arms = { law: normal, rhythm: false, shift: 0.33, rule: AT_LIMIT };
    const found = (share: number) =>
      alarms(42, (random) => armAlarm(random, { ...arms, shareAt: () => share }));
    expect(found(0.5)).toBeGreaterThan(0.95 * RUNS);
    expect(found(0.05)).toBeGreaterThan(0.8 * RUNS);
  });
});

function pairAlarm(random: Random, law: Law, rule = AT_LIMIT): boolean {
  let state = initialMeanSequence();
  for (let w = 0; w < WINDOWS; w++) {
    const cut: Law = (source) => Math.max(-1, Math.min(1, law(source)));
    state = updatePairedMean(state, { ...draw(random, 100, cut), bound: 1 }, rule);
    if (logEvidence(state) >= LINE) return true;
  }
  return false;
}

describe('false alarms of the mean of pairs, looked at after every window', () => {
  const laws: readonly [string, Law, number][] = [
    ['small noise about 0', (random) => 0.1 * sum12(random), 0],
    ['noise about the limit', (random) => 0.02 + 0.1 * sum12(random), 0.02],
    ['signs alone', (random) => (random() < 0.5 ? -1 : 1), 0],
    ['a step up that a rare fall makes up for', (random) => (random() < 0.01 ? -0.99 : 0.01), 0],
    ['a rare rise that a step down makes up for', (random) => (random() < 0.01 ? 0.99 : -0.01), 0],
  ];

  it.each(laws)('are within the budget: %s', (_, law, difference) => {
    const count = alarms(51, (random) => pairAlarm(random, law, { ...AT_LIMIT, difference }));
    expect(count).toBeLessThanOrEqual(ALARMS_MAX);
  });

  it('are outnumbered by far by true alarms at 0.02 above the limit', () => {
    const found = alarms(52, (random) => pairAlarm(random, (source) => 0.02 + 0.1 * sum12(source)));
    expect(found).toBeGreaterThan(0.95 * RUNS);
  });
});

interface Sales {
  readonly shareAt: (window: number) => number;
  /** Canary over current: how often, and how dear. */
  readonly often: number;
  readonly dear: number;
  readonly logMargin: number;
  readonly price: Law;
}

const CAP = 16;
/** Cells from 1 to 16, four in each power of two. */
const EDGES = Array.from({ length: 16 }, (_, i) => 2 ** (i / 4));

interface Cell {
  readonly counts: [canary: number, current: number];
  readonly sums: [canary: number, current: number];
}

function groupsOf(cells: readonly Cell[]): readonly ValueGroup[] {
  return cells
    .map(({ counts, sums }, i) => ({
      low: EDGES[i] ?? CAP,
      high: EDGES[i + 1] ?? CAP,
      canaryCount: counts[0],
      canarySum: sums[0],
      currentCount: counts[1],
      currentSum: sums[1],
    }))
    .filter(({ canaryCount, currentCount }) => canaryCount + currentCount > 0);
}

function buy(cells: Cell[], arm: 0 | 1, price: number): void {
  const at = EDGES.findLastIndex((edge) => edge <= price);
  const cell = cells[Math.max(0, at)];
  if (cell === undefined) throw new Error('no cell');
  cell.counts[arm] += 1;
  cell.sums[arm] += price;
}

/** Requests of a window buy later: a geometric delay of 20 windows in the mean, one purchase each. */
function salesAlarm(random: Random, sales: Sales): boolean {
  let state: EvidenceState = initialEvidence();
  const waiting: { open: [number, number]; buyers: [number, number] }[] = [];
  for (let w = 0; w < 80; w++) {
    const requests = Math.round(400 * (1 + 0.5 * Math.sin(w / 9)));
    const canary = Math.round(requests * sales.shareAt(w));
    const rate = 0.1 * (1 + 0.5 * Math.sin(w / 5));
    waiting.push({
      open: [canary, requests - canary],
      buyers: [
        binomialDraw(random, canary, rate * sales.often),
        binomialDraw(random, requests - canary, rate),
      ],
    });
    const strata = waiting.map((stratum) => {
      const share = stratum.open[0] / (stratum.open[0] + stratum.open[1]);
      const cells: Cell[] = EDGES.map(() => ({ counts: [0, 0], sums: [0, 0] }));
      for (const arm of [0, 1] as const) {
        const now = binomialDraw(random, stratum.buyers[arm], 0.05);
        stratum.open[arm] -= now;
        stratum.buyers[arm] -= now;
        for (let i = 0; i < now; i++) {
          buy(cells, arm, Math.min(CAP, sales.price(random) * (arm === 0 ? sales.dear : 1)));
        }
      }
      return { groups: groupsOf(cells), share };
    });
    // What has nothing to say need not be asked.
    const heard = strata.filter(({ groups }) => groups.length > 0);
    const rule = { logMargin: sales.logMargin, cap: CAP, dispersion: 1 };
    state = foldIncrements(state, valueTiltIncrements(heard, rule));
    if (logEvidence(state) >= LINE) return true;
  }
  return false;
}

describe('false alarms of what comes in late, looked at after every window', () => {
  const same = { often: 1, dear: 1, logMargin: 0, price: pareto };
  const stages = (w: number) => [0.01, 0.05, 0.1, 0.25, 0.5][Math.floor(w / 16)] ?? 0.5;
  const settings: readonly [string, Sales][] = [
    ['50 and 50 %', { ...same, shareAt: () => 0.5 }],
    ['5 and 95 %', { ...same, shareAt: () => 0.05 }],
    ['a growing share', { ...same, shareAt: stages }],
    [
      'exactly at the floor, less often',
      { ...same, shareAt: stages, often: 0.8, logMargin: Math.log(0.8) },
    ],
    [
      'the same mean from fewer, dearer purchases',
      { ...same, price: () => 2, shareAt: stages, often: 0.5, dear: 2 },
    ],
  ];

  it.each(settings)('are within the budget: %s', (_, sales) => {
    const count = alarms(61, (random) => salesAlarm(random, sales), SALES_RUNS);
    expect(count).toBeLessThanOrEqual(SALES_ALARMS_MAX);
  });

  it('are outnumbered by far by true alarms when the canary brings in a third less', () => {
    const less = { ...same, shareAt: () => 0.5, dear: 0.67 };
    const found = alarms(62, (random) => salesAlarm(random, less), SALES_RUNS);
    expect(found).toBeGreaterThan(0.9 * SALES_RUNS);
  });
});
