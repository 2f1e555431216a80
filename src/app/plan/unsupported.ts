import type { PlanPath } from './problem.ts';

/** Keys of the contract, or of products that people come from, that this version refuses by name. */
const NOT_YET: readonly { readonly at: RegExp; readonly instead: string }[] = [
  { at: /^spec\.aa$/, instead: 'compare two versions' },
  { at: /^spec\.privacy$/, instead: 'leave such fields out of the logs' },
  { at: /^spec\.(fieldMap|fields)$/, instead: 'log the fields by the names of schemas/Prediction' },
  { at: /^spec\.sampling$/, instead: 'log every prediction' },
  { at: /^spec\.hash$/, instead: 'routers use murmur3' },
  { at: /^spec\.steps\.\d+\.pause$/, instead: 'a step lasts for its bake' },
  {
    at: /^spec\.steps\.\d+\.(analysis|experiment|setCanaryScale|setHeaderRoute|setMirrorRoute|plugin)$/,
    instead: 'every step is judged by spec.metrics',
  },
  {
    at: /^spec\.metrics\.\d+\.(failureLimit|count|interval|thresholdRange)$/,
    instead: 'evidence is added up over windows; write max or tolerance',
  },
  {
    at: /^spec\.notifications\.\d+\.(email|teams|pagerduty|alertmanager)$/,
    instead: 'use log, webhook or slack',
  },
  {
    at: /^spec\.routing\.\d+\.(haproxy|nginx|flagd|istio|openfeature)$/,
    instead: 'use memory or file',
  },
];

/** Why a key is refused though it means something, or null. */
export function notYetSupported(path: PlanPath): string | null {
  const key = path.join('.');
  const found = NOT_YET.find(({ at }) => at.test(key));
  return found === undefined ? null : `not supported yet: ${found.instead}`;
}
