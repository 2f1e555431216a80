import { planWithMetric } from './plans.ts';

/** What is wrong, the plan, and what is said of it: line:column key: message. */
export const BROKEN_METRICS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'an unknown metric type',
    planWithMetric('name: a, type: errorrates'),
    [
      '10:18 spec.metrics.0.type: must be one of errorRate, latency, missing, disagreement, outcome, divergence, segment, skew, scoreShift, sampleRatio, not errorrates; did you mean errorRate?',
    ],
  ],
  [
    'a metric without type',
    planWithMetric('name: a'),
    [
      '10:7 spec.metrics.0.type: is missing: must be one of errorRate, latency, missing, disagreement, outcome, divergence, segment, skew, scoreShift, sampleRatio',
    ],
  ],
  [
    'a metric without name',
    planWithMetric('type: errorRate'),
    ['10:7 spec.metrics.0.name: is missing: must be a name: letters, digits, - and _, at most 100'],
  ],
  [
    'a key of another metric type',
    planWithMetric('name: a, type: errorRate, quantile: 0.9'),
    ['10:35 spec.metrics.0.quantile: unknown key for type errorRate'],
  ],
  [
    'two metrics of one name',
    planWithMetric('name: a, type: errorRate', 'name: a, type: latency'),
    ['11:9 spec.metrics.1.name: the name a is taken by metric 1 of the list'],
  ],
  [
    'weights of metrics above 1',
    planWithMetric('name: a, type: errorRate, weight: 0.7', 'name: b, type: missing, weight: 0.4'),
    ['11:33 spec.metrics.1.weight: the weights of all metrics sum to 1.1, more than 1'],
  ],
  [
    'a weight for a metric outside the average',
    planWithMetric('name: a, type: divergence, weight: 0.1'),
    [
      '10:36 spec.metrics.0.weight: has no meaning for divergence: its evidence is not averaged with the others',
    ],
  ],
  [
    'a quantile of 1',
    planWithMetric('name: a, type: latency, quantile: 1'),
    ['10:33 spec.metrics.0.quantile: must be a number above 0 and below 1, not 1'],
  ],
  [
    'a quantile in percent',
    planWithMetric('name: a, type: latency, quantile: 95'),
    ['10:33 spec.metrics.0.quantile: must be a number above 0 and below 1, not 95'],
  ],
  [
    'a latency limit without unit',
    planWithMetric('name: a, type: latency, max: 250'),
    [
      '10:33 spec.metrics.0.max: must be a duration above zero: a whole number and a unit (ms, s, m, h, d), not 250',
    ],
  ],
  [
    'an empty tolerance',
    planWithMetric('name: a, type: errorRate, tolerance: {}'),
    ['10:35 spec.metrics.0.tolerance: is empty: write a ratio, a difference or both'],
  ],
  [
    'a ratio below 1',
    planWithMetric('name: a, type: errorRate, tolerance: { ratio: 0.25 }'),
    ['10:48 spec.metrics.0.tolerance.ratio: must be a number of at least 1, not 0.25'],
  ],
  [
    'an unknown consequence',
    planWithMetric('name: a, type: errorRate, onFail: roll_back'),
    [
      '10:35 spec.metrics.0.onFail: must be one of rollback, hold, warn, not roll_back; did you mean rollback?',
    ],
  ],
  [
    'a wrong key inside onFail',
    planWithMetric('name: a, type: divergence, onFail: { pair: warn }'),
    ['10:46 spec.metrics.0.onFail.pair: unknown key; did you mean paired?'],
  ],
  [
    'an onFail of the wrong form',
    planWithMetric('name: a, type: divergence, onFail: 3'),
    ['10:36 spec.metrics.0.onFail: must be one of rollback, hold, warn or a mapping, not 3'],
  ],
  [
    'labels without a loss',
    planWithMetric('name: a, type: outcome, outcome: late, attribution: label'),
    [
      '10:7 spec.metrics.0.loss: is missing: attribution label scores each prediction against the outcome',
    ],
  ],
  [
    'labels with a floor',
    planWithMetric(
      'name: a, type: outcome, outcome: late, attribution: label, loss: log, floor: 0.9',
    ),
    [
      '10:79 spec.metrics.0.floor: conflicts with attribution: label: a loss is judged by its tolerance',
    ],
  ],
  [
    'a served outcome without floor',
    planWithMetric('name: a, type: outcome, outcome: click, attribution: served'),
    [
      '10:7 spec.metrics.0.floor: is missing: a served outcome is judged by the least rate it may have',
    ],
  ],
  [
    'a served outcome with a loss',
    planWithMetric(
      'name: a, type: outcome, outcome: click, attribution: served, floor: 0.9, loss: log',
    ),
    [
      '10:82 spec.metrics.0.loss: conflicts with attribution: served: a served outcome is judged by its floor',
    ],
  ],
  [
    'a floor above the current rate',
    planWithMetric(
      'name: a, type: outcome, outcome: click, attribution: served, floor: 97, relativeTo: current',
    ),
    ["10:70 spec.metrics.0.floor: 97 is not a share of the current model's rate"],
  ],
  [
    'values without the current model beside them',
    planWithMetric(
      'name: a, type: outcome, outcome: revenue, attribution: served, of: value, floor: 3',
    ),
    [
      '10:72 spec.metrics.0.of: needs relativeTo: current: values are judged against those of the current model',
    ],
  ],
  [
    'values of a label',
    planWithMetric(
      'name: a, type: outcome, outcome: late, attribution: label, loss: log, of: value',
    ),
    [
      '10:79 spec.metrics.0.of: conflicts with attribution: label: a loss is judged by its tolerance',
    ],
  ],
  [
    'a score shift without a limit',
    planWithMetric('name: a, type: scoreShift'),
    ['10:7 spec.metrics.0.max: is missing: must be a number above 0'],
  ],
  [
    'pinball without its quantile',
    planWithMetric('name: a, type: outcome, outcome: eta, attribution: label, loss: pinball'),
    ['10:7 spec.metrics.0.pinballQuantile: is missing: loss pinball is of one quantile'],
  ],
  [
    'a pinball quantile with another loss',
    planWithMetric(
      'name: a, type: outcome, outcome: eta, attribution: label, loss: log, pinballQuantile: 0.5',
    ),
    ['10:78 spec.metrics.0.pinballQuantile: needs loss: pinball'],
  ],
  [
    'a default limit that should roll back',
    planWithMetric('name: a, type: disagreement, onFail: rollback'),
    [
      '10:38 spec.metrics.0.onFail: rollback needs a limit of your own: a better model differs too; write max',
    ],
  ],
  [
    'all disagreements without a limit',
    planWithMetric('name: a, type: disagreement, of: all'),
    [
      '10:7 spec.metrics.0.max: is missing: the default limit is one of the minority decision, not of all pairs',
    ],
  ],
  [
    'a missing limit above its rollback',
    planWithMetric('name: a, type: missing, max: 0.2'),
    ['10:33 spec.metrics.0.max: rollbackAbove 0.1 (the default) is not above max 0.2'],
  ],
  [
    'a broken split that should roll back',
    planWithMetric('name: a, type: sampleRatio, onFail: rollback'),
    [
      '10:37 spec.metrics.0.onFail: must be hold or warn (its weight is 0: it never rolls back), not rollback',
    ],
  ],
  [
    'rollbackAbove beside onFail: warn',
    planWithMetric('name: a, type: missing, onFail: warn, rollbackAbove: 0.5'),
    [
      '10:47 spec.metrics.0.rollbackAbove: conflicts with onFail: warn: it turns a hold into a rollback',
    ],
  ],
];
