import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenFile } from './golden.ts';

/** Reference values for what the product does not compute: nothing is left untested by oversight. */
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  binning: [],
  correlation: ['kendallTauB', 'pearson', 'spearman'],
  divergence: ['energyDistance'],
  hashing: [],
  intervals: ['clopperPearson', 'jeffreys'],
  'mutual-information': ['conditionalInformation'],
  planning: ['fixedSampleSizePerArm'],
  quantiles: [],
  sequential: [
    'asympCsOneSided',
    'bernoulliConfidenceSequence',
    'betaBinomialMixtureBound',
    'betaBinomialMixtureLogE',
    'bettingLogE',
    'discordanceTwoSided',
    'fnchLogFactor',
    'gammaExponentialBound',
    'multinomialLogE',
    'polyStitchingBound',
  ],
  'special-functions': ['logBetaRegularized', 'logBinomialCoefficient'],
};

const TESTED: Readonly<Record<string, readonly string[]>> = {
  binning: ['decileCells'],
  correlation: ['correlationRatio'],
  divergence: [
    'divergenceOfCounts',
    'entropy',
    'histogramDistance',
    'ksStatistic',
    'psiNull',
    'wasserstein1',
  ],
  hashing: ['bucket', 'bucketCounts', 'murmur3_32', 'variant'],
  intervals: ['binomialTest', 'wilson'],
  'mutual-information': ['disagreementInformation'],
  planning: ['sequentialPlan'],
  quantiles: ['exactQuantiles', 'exceedance'],
  sequential: [
    'asympCsTwoSided',
    'discordanceLogFactor',
    'normalMixtureBound',
    'normalMixtureLogE',
    'normalMixtureTuning',
    'oneSampleLogFactor',
    'tiltLogFactor',
    'tiltSeries',
    'tiltTempered',
    'tiltWithRestart',
  ],
  'special-functions': [
    'betaRegularized',
    'betaRegularizedComplement',
    'chi2Quantile',
    'chi2Sf',
    'chi2UpperQuantile',
    'erfc',
    'gammaRegularizedP',
    'gammaRegularizedQ',
    'lgamma',
    'logBeta',
    'logSumExp',
    'normalCdf',
    'normalLogCdf',
    'normalQuantile',
  ],
};

const topics = Object.keys(TESTED);

describe('the reference files', () => {
  it('are all known here', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) =>
      name.endsWith('.json'),
    );
    expect(files.toSorted()).toEqual(topics.map((topic) => `${topic}.json`).toSorted());
  });

  it.each(topics)('%s: every function is either tested or named as not offered', (topic) => {
    const inFile = new Set(goldenFile(topic).cases.map((one) => one.function));
    const accounted = [...(TESTED[topic] ?? []), ...(NOT_OFFERED[topic] ?? [])];
    expect([...inFile].toSorted()).toEqual(accounted.toSorted());
  });
});
