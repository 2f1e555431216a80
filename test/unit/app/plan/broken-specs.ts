import { PLAN_WITHOUT_STEPS, planInstead, planWith, planWithSteps, SHORT_PLAN } from './plans.ts';

/** What is wrong, the plan, and what is said of it: line:column key: message. */
export const BROKEN_SPECS: readonly (readonly [string, string, readonly string[]])[] = [
  ['an empty text', '', ['1:1: must be a coalmine plan, not nothing']],
  [
    'text that is not YAML',
    planInstead('metadata: { name: fraud-v7 }', 'metadata: { name: fraud-v7'),
    ['4:1: not YAML: Flow map in block collection must be sufficiently indented and end with a }'],
  ],
  [
    'a tab as indentation',
    planInstead('  model: fraud', '\tmodel: fraud'),
    ['5:1: not YAML: Tabs are not allowed as indentation'],
  ],
  ['a list where a plan should be', '- a\n', ['1:1: must be a coalmine plan, not a list']],
  ['a key written twice', planWith('model: other'), ['9:3 model: is written twice in one mapping']],
  [
    'two documents in one file',
    `${SHORT_PLAN}---\n${SHORT_PLAN}`,
    ['9:1: a second plan begins here'],
  ],
  [
    'another apiVersion',
    planInstead('coalmine.dev/v1', 'coalmine.dev/v2'),
    ['1:1 apiVersion: must be coalmine.dev/v1, not coalmine.dev/v2; did you mean coalmine.dev/v1?'],
  ],
  [
    'another kind',
    planInstead('Rollout', 'Rolout'),
    ['2:1 kind: must be Rollout, not Rolout; did you mean Rollout?'],
  ],
  [
    'no metadata',
    planInstead('metadata: { name: fraud-v7 }\n', ''),
    ['1:1 metadata: is missing: must be a mapping'],
  ],
  [
    'a name with a space',
    planInstead('fraud-v7', 'fraud v7'),
    ['3:13 metadata.name: must be a name: letters, digits, - and _, at most 100, not fraud v7'],
  ],
  [
    'a version that YAML reads as a number',
    planInstead('canary: v7', 'canary: 7'),
    ['7:3 spec.canary: must be text of 1 to 200 characters, not 7 (a number: put it in quotes)'],
  ],
  [
    'no canary',
    planInstead('  canary: v7\n', ''),
    ['4:1 spec.canary: is missing: must be text of 1 to 200 characters'],
  ],
  [
    "other products' words for the arms",
    planInstead('  current: v6', '  champion: v6'),
    [
      '4:1 spec.current: is missing: must be text of 1 to 200 characters',
      '6:3 spec.champion: unknown key; did you mean current?',
    ],
  ],
  [
    'the same version in both arms',
    planInstead('canary: v7', 'canary: v6'),
    [
      '7:3 spec.canary: both arms are version v6: a canary is compared with another version (A/A is not supported yet)',
    ],
  ],
  ['A/A', planWith('aa: split'), ['9:3 spec.aa: not supported yet: compare two versions']],
  [
    'a misspelt key of spec',
    planWith('falseRolbackRate: 0.01'),
    ['9:3 spec.falseRolbackRate: unknown key; did you mean falseRollbackRate?'],
  ],
  [
    'a misspelt key of window',
    planWith('window: { lenght: 60s }'),
    ['9:13 spec.window.lenght: unknown key; did you mean length?'],
  ],
  ['an empty section', planWith('window:'), ['9:3 spec.window: must be a mapping, not nothing']],
  [
    'a duration without unit',
    planWith('window: { length: 60 }'),
    [
      '9:13 spec.window.length: must be a duration above zero: a whole number and a unit (ms, s, m, h, d), not 60',
    ],
  ],
  [
    'a duration with an unknown unit',
    planWith('window: { length: 60sec }'),
    [
      '9:13 spec.window.length: must be a duration above zero: a whole number and a unit (ms, s, m, h, d), not 60sec',
    ],
  ],
  [
    'a window of no length',
    planWith('window: { length: 0s }'),
    [
      '9:13 spec.window.length: must be a duration above zero: a whole number and a unit (ms, s, m, h, d), not 0s',
    ],
  ],
  [
    'grace below skewMax',
    planWith('window: { grace: 10s, skewMax: 20s }'),
    [
      '9:13 spec.window.grace: 10s is shorter than skewMax 20s: the window would close before its pairs form',
    ],
  ],
  [
    'a misspelt choice',
    planWith('window: { late: dropp }'),
    ['9:13 spec.window.late: must be one of drop, amend, not dropp; did you mean drop?'],
  ],
  [
    'a false rollback rate of 0',
    planWith('falseRollbackRate: 0'),
    ['9:3 spec.falseRollbackRate: must be a number above 0 and at most 0.5, not 0'],
  ],
  [
    'a false rollback rate above one half',
    planWith('falseRollbackRate: 0.6'),
    ['9:3 spec.falseRollbackRate: must be a number above 0 and at most 0.5, not 0.6'],
  ],
  [
    'a false hold rate in percent',
    planWith('falseHoldRate: 5'),
    ['9:3 spec.falseHoldRate: must be a number above 0 and at most 0.5, not 5'],
  ],
  [
    'a rate that is text',
    planWith('falseHoldRate: low'),
    ['9:3 spec.falseHoldRate: must be a number above 0 and at most 0.5, not low'],
  ],
  [
    'a rate that is not a number',
    planWith('falseHoldRate: .nan'),
    ['9:3 spec.falseHoldRate: must be a number above 0 and at most 0.5, not NaN'],
  ],
  [
    'a profile file that is also learned',
    planWith('reference: { file: p.json, minSamples: 5 }'),
    ['9:30 spec.reference.minSamples: conflicts with file: a profile from a file is not learned'],
  ],
  [
    'two rules of decision',
    planWith('decision: { threshold: 0.5, tolerance: 0.1 }'),
    ['9:31 spec.decision.tolerance: conflicts with threshold: scores are compared by one of them'],
  ],
  [
    'neither steps nor stepWeights',
    PLAN_WITHOUT_STEPS,
    ['4:1 spec.steps: is missing: write steps or stepWeights'],
  ],
  [
    'both steps and stepWeights',
    planWith('steps: [{ setWeight: 5 }]'),
    ['8:3 spec.stepWeights: conflicts with steps: it is the short form of it'],
  ],
  [
    'no steps at all',
    planInstead('[1, 100]', '[]'),
    ['8:3 spec.stepWeights: must be a list of 1 to 50 entries, not an empty list'],
  ],
  [
    'weights that do not rise',
    planInstead('[1, 100]', '[5, 5, 100]'),
    ['8:20 spec.stepWeights.1: 5 does not rise above the 5 before it'],
  ],
  [
    'a weight above 100',
    planInstead('[1, 100]', '[1, 101]'),
    ['8:20 spec.stepWeights.1: must be a percentage from 0.01 to 100, in steps of 0.01, not 101'],
  ],
  [
    'a weight of 0',
    planInstead('[1, 100]', '[0, 100]'),
    ['8:17 spec.stepWeights.0: must be a percentage from 0.01 to 100, in steps of 0.01, not 0'],
  ],
  [
    'a weight finer than a bucket',
    planInstead('[1, 100]', '[0.005, 100]'),
    ['8:17 spec.stepWeights.0: must be a percentage from 0.01 to 100, in steps of 0.01, not 0.005'],
  ],
  [
    'steps whose weights fall',
    planWithSteps('setWeight: 50', 'setWeight: 10'),
    ['10:9 spec.steps.1.setWeight: 10 does not rise above the 50 before it'],
  ],
  [
    'a step of no kind',
    planWithSteps('bake: 30m'),
    ['9:7 spec.steps.0: a step is either shadow or setWeight'],
  ],
  [
    'a step of two kinds',
    planWithSteps('shadow: { duration: 1h }, setWeight: 1'),
    ['9:7 spec.steps.0: a step is shadow or setWeight, not both'],
  ],
  [
    'shadow after a split step',
    planWithSteps('setWeight: 1', 'shadow: { duration: 1h }'),
    ['10:9 spec.steps.1.shadow: shadow must be the first step, and the only one of its kind'],
  ],
  [
    'shadow twice',
    planWithSteps('shadow: { duration: 1h }', 'shadow: { duration: 1h }'),
    ['10:9 spec.steps.1.shadow: shadow must be the first step, and the only one of its kind'],
  ],
  [
    'a shadow step without duration',
    planWithSteps('shadow: { minPairs: 10 }'),
    [
      '9:9 spec.steps.0.shadow.duration: is missing: must be a duration above zero: a whole number and a unit (ms, s, m, h, d)',
    ],
  ],
  [
    'bake in a shadow step',
    planWithSteps('shadow: { duration: 1h }, bake: 30m'),
    ['9:35 spec.steps.0.bake: does not apply to a shadow step'],
  ],
  [
    'a misspelt key of a step',
    planWithSteps('setWeight: 1, minSample: 500'),
    ['9:23 spec.steps.0.minSample: unknown key; did you mean minSamples?'],
  ],
  [
    'minSamples that is neither a number nor auto',
    planWithSteps('setWeight: 1, minSamples: automatic'),
    [
      '9:23 spec.steps.0.minSamples: must be a whole number of at least 1 or auto, not automatic; did you mean auto?',
    ],
  ],
  [
    'pairs asked for where none form',
    planWithSteps('setWeight: 1, minPairs: 500'),
    [
      '9:23 spec.steps.0.minPairs: no pairs form in a split step without mirror: this step could never be passed',
    ],
  ],
  [
    'a pause as in Argo Rollouts',
    planWithSteps('setWeight: 1, pause: { duration: 10m }'),
    ['9:23 spec.steps.0.pause: not supported yet: a step lasts for its bake'],
  ],
  [
    'no kind of notification',
    planWith('notifications: [{}]'),
    ['9:19 spec.notifications.0: needs exactly one kind of target'],
  ],
  [
    'a notification without address',
    planWith('notifications: [{ webhook: {} }]'),
    [
      '9:21 spec.notifications.0.webhook: needs exactly one of url and urlFrom (the name of an environment variable)',
    ],
  ],
  [
    'an address that is not one',
    planWith('notifications: [{ webhook: { url: example.com } }]'),
    ['9:32 spec.notifications.0.webhook.url: must be an http or https address, not example.com'],
  ],
  [
    'a notification that is not supported yet',
    planWith('notifications: [{ email: { to: a } }]'),
    ['9:21 spec.notifications.0.email: not supported yet: use log, webhook or slack'],
  ],
  [
    'two kinds of routing in one',
    planWith('routing: [{ memory: {}, file: { path: r.json } }]'),
    ['9:13 spec.routing.0: needs exactly one kind of target'],
  ],
  [
    'a limit of 0',
    planWith('limits: { openKeyCountMax: 0 }'),
    ['9:13 spec.limits.openKeyCountMax: must be a whole number of at least 1, not 0'],
  ],
  [
    'a mode of kept pairs that does not exist',
    planWith('keepPairs: { mode: sample }'),
    [
      '9:16 spec.keepPairs.mode: must be one of all, sampled, disagreements, none, not sample; did you mean sampled?',
    ],
  ],
];
