import { durationMs } from './duration.ts';
import { lintDecision, lintItemMetrics } from './lint-decision.ts';
import { lintMetrics } from './lint-metrics.ts';
import { lintMustCatch } from './lint-must-catch.ts';
import type { Finding } from './problem.ts';
import type { NotificationDocument, PlanDocument, PlanSpec, StepDocument } from './shape.ts';

/** What is wrong, and what is merely doubtful, in a plan whose every key is well formed. */
export interface LintResult {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Settings that contradict each other, or that cannot do what they seem to say. */
export function lintDocument({ spec }: PlanDocument): LintResult {
  const metrics = lintMetrics(spec);
  return {
    errors: [
      ...lintVersions(spec),
      ...lintWindow(spec),
      ...lintReference(spec),
      ...lintDecision(spec),
      ...lintStepForms(spec),
      ...lintSteps(spec.steps ?? [], spec),
      ...lintStepWeights(spec.stepWeights ?? []),
      ...lintTargets(spec),
      ...metrics.errors,
    ],
    warnings: [
      ...lintLastStep(spec),
      ...lintUnpaired(spec),
      ...lintBake(spec),
      ...metrics.warnings,
      ...lintItemMetrics(spec),
      ...lintMustCatch(spec),
    ],
  };
}

function lintVersions(spec: PlanSpec): readonly Finding[] {
  if (spec.current !== spec.canary) return [];
  const message = `both arms are version ${spec.current}: a canary is compared with another version (A/A is not supported yet)`;
  return [
    { path: ['spec', 'canary'], message, validValues: [`another version than ${spec.current}`] },
  ];
}

function lintWindow({ window }: PlanSpec): readonly Finding[] {
  const findings: Finding[] = [];
  if (durationMs(window.grace) < durationMs(window.skewMax)) {
    findings.push({
      path: ['spec', 'window', 'grace'],
      message: `${window.grace} is shorter than skewMax ${window.skewMax}: the window would close before its pairs form`,
      validValues: [`${window.skewMax} or longer`],
    });
  }
  return findings;
}

function lintReference({ reference }: PlanSpec): readonly Finding[] {
  if (reference.file === undefined) return [];
  return (['minSamples', 'minSpan'] as const)
    .filter((key) => reference[key] !== undefined)
    .map((key) => ({
      path: ['spec', 'reference', key],
      message: 'conflicts with file: a profile from a file is not learned',
      validValues: ['either file, or minSamples and minSpan'],
    }));
}

function lintStepForms(spec: PlanSpec): readonly Finding[] {
  if (spec.steps !== undefined && spec.stepWeights !== undefined) {
    return [
      {
        path: ['spec', 'stepWeights'],
        message: 'conflicts with steps: it is the short form of it',
        validValues: ['either steps or stepWeights'],
      },
    ];
  }
  if (spec.steps !== undefined || spec.stepWeights !== undefined) return [];
  return [
    {
      path: ['spec', 'steps'],
      message: 'is missing: write steps or stepWeights',
      validValues: ['steps', 'stepWeights'],
    },
  ];
}

function lintSteps(steps: readonly StepDocument[], spec: PlanSpec): readonly Finding[] {
  const findings: Finding[] = [];
  let lastWeight = 0;
  steps.forEach((step, i) => {
    const path = ['spec', 'steps', i];
    findings.push(...lintStepKind(step, i), ...lintStepPairs(step, i, spec));
    if (step.setWeight === undefined) return;
    if (step.setWeight <= lastWeight) {
      findings.push(notRising([...path, 'setWeight'], step.setWeight, lastWeight));
    }
    lastWeight = Math.max(lastWeight, step.setWeight);
  });
  return findings;
}

function lintStepKind(step: StepDocument, i: number): readonly Finding[] {
  const path = ['spec', 'steps', i];
  const kinds = ['shadow', 'setWeight'];
  if (step.shadow === undefined && step.setWeight === undefined) {
    return [{ path, message: 'a step is either shadow or setWeight', validValues: kinds }];
  }
  if (step.shadow === undefined) return [];
  if (step.setWeight !== undefined) {
    return [{ path, message: 'a step is shadow or setWeight, not both', validValues: kinds }];
  }
  const findings: Finding[] = (['bake', 'minSamples', 'minPairs'] as const)
    .filter((key) => step[key] !== undefined)
    .map((key) => ({
      path: [...path, key],
      message: 'does not apply to a shadow step',
      validValues: ['shadow: { duration, minPairs }'],
    }));
  if (i > 0) {
    const message = 'shadow must be the first step, and the only one of its kind';
    findings.push({ path: [...path, 'shadow'], message, validValues: ['setWeight'] });
  }
  return findings;
}

function lintStepPairs(step: StepDocument, i: number, spec: PlanSpec): readonly Finding[] {
  const noPairs = spec.mirror === undefined || spec.mirror.current + spec.mirror.canary === 0;
  if (step.minPairs === undefined || step.setWeight === undefined || step.setWeight === 100) {
    return [];
  }
  if (!noPairs) return [];
  const message = 'no pairs form in a split step without mirror: this step could never be passed';
  return [
    { path: ['spec', 'steps', i, 'minPairs'], message, validValues: ['minSamples', 'spec.mirror'] },
  ];
}

function lintStepWeights(weights: readonly number[]): readonly Finding[] {
  return weights.flatMap((weight, i) => {
    const before = weights[i - 1] ?? 0;
    return weight > before ? [] : [notRising(['spec', 'stepWeights', i], weight, before)];
  });
}

function notRising(path: Finding['path'], weight: number, before: number): Finding {
  return {
    path,
    message: `${weight} does not rise above the ${before} before it`,
    validValues: before < 100 ? [`above ${before}, to 100`] : ['100 must be the last step'],
  };
}

function lintLastStep(spec: PlanSpec): readonly Finding[] {
  const weights = spec.stepWeights ?? spec.steps?.flatMap(({ setWeight }) => setWeight ?? []) ?? [];
  const last = weights.at(-1);
  if (last === undefined || last === 100) return [];
  const path = ['spec', spec.stepWeights === undefined ? 'steps' : 'stepWeights'];
  return [{ path, message: `the last step is ${last} %: the rollout ends below 100 %` }];
}

/** What sees a canary that is fast, healthy and wrong needs requests that both models answer. */
function lintUnpaired(spec: PlanSpec): readonly Finding[] {
  const { mirror } = spec;
  const isMirrored = mirror !== undefined && mirror.current + mirror.canary > 0;
  if (isMirrored || spec.steps?.some(({ shadow }) => shadow !== undefined)) return [];
  if (spec.steps === undefined && spec.stepWeights === undefined) return [];
  const paired = ['disagreement', 'segment', 'skew'];
  if (spec.metrics !== undefined && !spec.metrics.some(({ type }) => paired.includes(type))) {
    return [];
  }
  const path = ['spec', spec.stepWeights === undefined ? 'steps' : 'stepWeights'];
  const message =
    'there is no shadow step and no mirror: disagreement, segments and skew are judged only where the logs hold both answers to a request';
  return [{ path, message, validValues: ['a first step shadow', 'spec.mirror'] }];
}

/** A stage begins and ends on window boundaries, so it never lasts less than one. */
function lintBake(spec: PlanSpec): readonly Finding[] {
  const { length } = spec.window;
  const short = (bake: string): boolean => durationMs(bake) < durationMs(length);
  const said = (path: Finding['path'], bake: string): Finding => ({
    path,
    message: `${bake} is shorter than a window of ${length}: the step lasts a whole window`,
    validValues: [`${length} or longer`],
  });
  if (spec.stepWeights !== undefined) {
    return short(spec.bake) ? [said(['spec', 'bake'], spec.bake)] : [];
  }
  return (spec.steps ?? []).flatMap(({ shadow, bake }, i) => {
    const least = shadow?.duration ?? bake ?? spec.bake;
    const key = shadow === undefined ? ['bake'] : ['shadow', 'duration'];
    return short(least) ? [said(['spec', 'steps', i, ...key], least)] : [];
  });
}

function lintTargets(spec: PlanSpec): readonly Finding[] {
  return [
    ...spec.notifications.flatMap((target, i) => lintNotification(target, i)),
    ...spec.routing.flatMap((target, i) =>
      lintOneKey(target, ['spec', 'routing', i], ['memory', 'file']),
    ),
  ];
}

function lintNotification(target: NotificationDocument, i: number): readonly Finding[] {
  const path = ['spec', 'notifications', i];
  const findings = [...lintOneKey(target, path, ['log', 'webhook', 'slack'])];
  for (const kind of ['webhook', 'slack'] as const) {
    const hook = target[kind];
    if (hook === undefined || (hook.url === undefined) !== (hook.urlFrom === undefined)) continue;
    findings.push({
      path: [...path, kind],
      message: 'needs exactly one of url and urlFrom (the name of an environment variable)',
      validValues: ['url', 'urlFrom'],
    });
  }
  return findings;
}

function lintOneKey(
  target: Readonly<Record<string, unknown>>,
  path: Finding['path'],
  kinds: readonly string[],
): readonly Finding[] {
  const written = kinds.filter((kind) => target[kind] !== undefined);
  if (written.length === 1) return [];
  return [{ path, message: 'needs exactly one kind of target', validValues: kinds }];
}
