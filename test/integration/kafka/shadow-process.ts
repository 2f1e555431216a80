import { parsePlan } from '../../../src/app/plan/parse.ts';
import { shadow } from '../../../src/app/shadow.ts';
import { DEFAULT_REQUEST } from '../../../src/app/shadow-request.ts';
import { serviceConfigOf } from '../../support/service-config.ts';

/** Asks a canary in a process of its own, so that a test can kill it. */
interface Given {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly prefix: string;
  readonly url: string;
  readonly planText: string;
}

const given = JSON.parse(process.argv[2] ?? '') as Given;
const plan = parsePlan(given.planText, 'plan.yaml');
if (!plan.ok) throw new Error(JSON.stringify(plan.problems));
const { counts } = await shadow({
  config: serviceConfigOf(given),
  planned: [],
  from: `${given.prefix}.current`,
  to: `${given.prefix}.canary`,
  url: given.url,
  request: { ...DEFAULT_REQUEST, timeoutMs: 2_000 },
  plan: plan.plan,
  rolloutId: null,
  mirrorShare: null,
  ratePerSecond: 400,
  concurrency: 4,
  retryCountMax: 2,
  begin: 'earliest',
  isOnce: true,
  log: () => {},
  signal: new AbortController().signal,
  onStart: () => {},
  onCounts: () => {},
});
process.stdout.write(JSON.stringify(counts));
