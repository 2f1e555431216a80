import { describe, expect, it } from 'vitest';
import { parsePlan } from '../src/app/plan/parse.ts';
import { readProfile } from '../src/app/profile-file.ts';
import { parseServiceConfig } from '../src/app/service/read-config.ts';
import { countOffset } from '../src/core/windows/layout.ts';
import type { SparsePartial } from '../src/core/windows/sparse.ts';
import { configText, planText, profileText } from './bench/kafka/coalmine-files.ts';
import { expectedTotals } from './bench/kafka/expected.ts';
import { totalsOf } from './bench/kafka/partials.ts';
import { agrees, fieldsOf } from './bench/kafka/peer.ts';
import { cpuSecondsOf, peakRssMbOf } from './bench/kafka/process-usage.ts';
import { sumOfMetric } from './bench/kafka/progress.ts';
import { ratiosOf, spread } from './bench/kafka/report.ts';
import { asSection, sectionIn, withSection } from './bench/kafka/section.ts';

/** What the peer's own check printed for 200,000 requests of seed 42. */
const VERIFIED =
  'verify EXACT pairs=198965/198965 only_current=536/536 only_canary=499/499 disagree=3838/3838 windows=20';
const MODEL = { requestCount: 200_000, seed: 42, unmatchedShare: 0.005 };

describe('expectedTotals', () => {
  it('gives what the peer expects of the same seed', () => {
    expect(agrees(VERIFIED, expectedTotals(MODEL))).toBe(true);
  });

  it('is not fooled by totals that only agree with themselves', () => {
    const other = expectedTotals({ ...MODEL, seed: 43 });
    expect(agrees(VERIFIED, other)).toBe(false);
    expect(agrees(VERIFIED.replace('EXACT', 'MISMATCH'), expectedTotals(MODEL))).toBe(false);
  });

  it('accounts for every request once', () => {
    const { pairs, onlyCurrent, onlyCanary } = expectedTotals({ ...MODEL, requestCount: 5000 });
    expect(pairs + onlyCurrent + onlyCanary).toBe(5000);
  });
});

describe('totalsOf', () => {
  it('adds up lone answers whatever the reason', () => {
    const partial: SparsePartial = {
      countIndex: (
        ['matched', 'unmatchedCurrent', 'dueInShadowCurrent', 'notAskedCanary', 'flipsUp'] as const
      ).map(countOffset),
      countValue: [10, 1, 2, 3, 4],
      sumIndex: [],
      sumHigh: [],
      sumLow: [],
      sampling: [],
    };
    expect(totalsOf([partial, partial])).toEqual({
      pairs: 20,
      onlyCurrent: 6,
      onlyCanary: 6,
      flipsUp: 8,
      flipsDown: 0,
    });
  });
});

describe('what a process took', () => {
  it('is read past a name with spaces and parentheses', () => {
    const stat = '7 (a (b) c) S 1 7 7 0 -1 4194304 9 9 0 0 250 50 0 0 20 0 11 0 5 0 0';
    expect(cpuSecondsOf(stat)).toBe(3);
  });

  it('has a peak in MB, and none once the process has ended', () => {
    expect(peakRssMbOf('Name:\tjava\nVmHWM:\t  262144 kB\nVmRSS:\t 1024 kB\n')).toBe(256);
    expect(peakRssMbOf('Name:\tjava\nState:\tZ (zombie)\n')).toBe(0);
  });
});

describe('sumOfMetric', () => {
  it('adds up the series of one metric and of no other', () => {
    const text = [
      '# HELP a_total What',
      'a_total{partition="0",rollout="x y"} 40',
      'a_total{partition="1",rollout="x y"} 2',
      'a_total_more 7',
      '',
    ].join('\n');
    expect(sumOfMetric(text, 'a_total')).toBe(42);
    expect(sumOfMetric('', 'a_total')).toBe(0);
  });
});

describe('the report', () => {
  it('reads the words of a line', () => {
    expect(fieldsOf('streams run=a pairs_per_s=12 x').get('pairs_per_s')).toBe('12');
  });

  it('shows least, median and most, the mean of the middle two of an even number', () => {
    expect(spread([4, 1, 3, 2], String)).toBe('1 / 2.5 / 4');
    expect(spread([5, 1, 3], String)).toBe('1 / 3 / 5');
  });

  it('compares two programs within the rounds in which both ran', () => {
    const run = (pairsPerS: number) => ({
      pairsPerS,
      recordsPerS: 0,
      cpuS: 0,
      peakRssMb: 0,
      isExact: true,
    });
    const rounds = [{ peer: run(2), coalmine: run(8) }, { peer: run(5) }];
    expect(ratiosOf(rounds, ['coalmine', 'peer'], (of) => of.pairsPerS)).toEqual([4]);
  });

  it('replaces its own section, adds a first one, and leaves the rest alone', () => {
    const first = withSection('# Benchmarks\n', asSection('one'));
    const second = withSection(first, asSection('two $& two'));
    expect(second).toContain('# Benchmarks');
    expect(second).not.toContain('one');
    expect(sectionIn(second)).toBe(asSection('two $& two'));
    expect(withSection('# Benchmarks\n', sectionIn('# Benchmarks\n'))).toBe('# Benchmarks\n');
  });
});

describe('what coalmine is started with', () => {
  it('has a config, a plan and a profile that coalmine reads', () => {
    const places = {
      brokers: ['127.0.0.1:9092'],
      registryUrl: 'http://127.0.0.1:8081/apis/ccompat/v7',
      name: 'bench-1',
      folder: '/tmp/bench',
      httpPort: 8080,
      verb: 'join',
    };
    const nothing = { variable: () => undefined, readText: () => '' };
    const config = parseServiceConfig(configText(places), 'coalmine.yaml', nothing);
    expect(config).toMatchObject({ ok: true });
    expect(parsePlan(planText(), 'plan.yaml')).toMatchObject({ ok: true });
    expect(readProfile(profileText(), 'profile.json').fields).toHaveLength(13);
  });
});
