/** The shortest valid plan: eight lines, so that what a test adds begins on line 9. */
export const SHORT_PLAN = `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: fraud-v7 }
spec:
  model: fraud
  current: v6
  canary: v7
  stepWeights: [1, 100]
`;

/** The short plan without its stepWeights: seven lines. */
export const PLAN_WITHOUT_STEPS = SHORT_PLAN.slice(0, SHORT_PLAN.indexOf('  stepWeights'));

/** The short plan with lines of `spec` added from line 9 on. */
export function planWith(...lines: readonly string[]): string {
  return `${SHORT_PLAN}${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The short plan with one metric on line 10. */
export function planWithMetric(...metrics: readonly string[]): string {
  return planWith('metrics:', ...metrics.map((metric) => `  - { ${metric} }`));
}

/** A plan with the given steps from line 9 on. */
export function planWithSteps(...steps: readonly string[]): string {
  return `${PLAN_WITHOUT_STEPS}  steps:\n${steps.map((step) => `    - { ${step} }\n`).join('')}`;
}

/** The short plan with one of its lines replaced. */
export function planInstead(line: string, other: string): string {
  return SHORT_PLAN.replace(line, other);
}

/** A plan that uses every part of the format. */
export const FULL_PLAN = `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: fraud-v7 }
spec:
  model: fraud
  current: v6
  canary: v7
  window: { length: 60s, grace: 30s, skewMax: 30s, outOfOrderness: 5s, futureMax: 60s, late: drop }
  reference: { minSamples: 10000 }         # or { file: profile.json }
  decision: { of: score, threshold: 0.5 }  # what "disagree" means when the model logs no label
  steps:                                   # or stepWeights: [1, 5, 10, 25, 50, 100] with bake: 30m
    - shadow: { duration: 1h, minPairs: 2000 }
    - { setWeight: 1,  bake: 30m, minSamples: 500 }
    - { setWeight: 5,  bake: 30m, minSamples: 500 }
    - { setWeight: 100, bake: 2h }         # watched after 100 %: the old model goes on in shadow
  metrics:                                 # a difference metric (disagreement, segment, divergence) written here with a limit is a trigger
    - { name: error-rate,  type: errorRate, tolerance: { ratio: 1.25, difference: 0.001 }, critical: true, weight: 0.3 }
    - { name: latency-p95, type: latency, quantile: 0.95, max: 250ms, tolerance: { ratio: 1.25 }, weight: 0.25 }
    - { name: label-loss,  type: outcome, outcome: late, attribution: label, loss: log, tolerance: { ratio: 1.05 }, gates: last, weight: 0.2 }
    - { name: click-rate,  type: outcome, outcome: click, attribution: served, floor: 0.97, relativeTo: current, gates: last }
    - { name: disagreement, type: disagreement, max: 0.12, weight: 0.2 }
    - { name: missing,     type: missing, max: 0.01, onFail: hold, rollbackAbove: 0.10, weight: 0.05 }
    - { name: segments,    type: segment, max: 0.25, minPairs: 200, onFail: hold }
    - { name: divergence,  type: divergence, of: score, measure: psi, max: 0.25, onFail: { paired: warn, unpaired: hold } }
    - { name: sample-ratio, type: sampleRatio, onFail: hold }
  falseRollbackRate: 0.01                  # for the whole rollout: all metrics, windows, stages
  falseHoldRate: 0.05
  promoteOn: noHarm
  mustCatch: { errors: { ratio: 2, difference: 0.005 }, latencyP95: 1.25 }
  onInsufficientData: hold
  sessionAffinity: { key: unit_id, boundary: session, maxAge: 24h }
  notifications: [ { slack: { urlFrom: SLACK_URL } } ]
  routing: [ { file: { path: routing.json } } ]
`;
