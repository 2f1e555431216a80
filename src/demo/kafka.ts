import { join } from 'node:path';
import { DEFAULT_TOPICS } from '../app/service/default-topics.ts';
import type { OpenApplied } from '../app/service/open-applied.ts';
import { errorText } from '../cli/error-text.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../cli/exit-codes.ts';
import { styleFor } from '../cli/style.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { createProducer } from '../producer/producer.ts';
import { FEATURE_NAMES } from './features.ts';
import { type Fed, feed } from './live/feed.ts';
import { openFlightHours } from './live/hours.ts';
import type { LiveOptions } from './live/options.ts';
import { liveOptions, USAGE } from './live/options.ts';
import { forgetStored, liveConfig, livePlan } from './live/place.ts';
import {
  applyAnew,
  awaitJoiners,
  awaitService,
  makeFlightTopics,
  openService,
  routingOf,
  runningRollout,
} from './live/platform.ts';
import { type Progress, readProgress, writeProgress } from './live/progress.ts';
import { endOf, endText, hourTeller, lookText, startText } from './live/text.ts';
import { watchVerdicts } from './live/verdict-watch.ts';
import { CURRENT_VERSION, writeDemoLogs } from './write-logs.ts';

const FOLDER = 'coalmine-demo';
const CACHE_FOLDER = '.cache/demo';

type Configured = Awaited<ReturnType<typeof liveConfig>>;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The topics of a running coalmine; whoever has none yet is told how to start it. */
async function service(
  { configFile }: LiveOptions,
  { file, config }: Configured,
  signal: AbortSignal,
): Promise<OpenApplied> {
  const opened = await openService(config);
  if (opened !== null) return opened;
  await forgetStored(configFile);
  say(startText(file));
  return await awaitService(config, { say, signal });
}

/** The rollout that is fed: the one that the demo was stopped at, else a new one. */
async function rolloutOf(
  opened: OpenApplied,
  { config }: Configured,
  options: LiveOptions,
): Promise<{ readonly rolloutId: string; readonly from: Progress | null }> {
  const plan = await livePlan(options.plan);
  const running = await runningRollout(opened, plan.name);
  const from = running === null ? null : await readProgress(running.applied.rolloutId);
  if (from !== null) {
    say(`${from.rolloutId} goes on with hour ${from.nextHour}`);
    return { rolloutId: from.rolloutId, from };
  }
  const { rolloutId, taken } = await applyAnew(opened, config, plan);
  if (taken.length > 0) say(`took away ${taken.join(', ')}, which still ran`);
  say(`applied ${plan.file} as ${rolloutId}`);
  return { rolloutId, from: null };
}

async function openProducer({ config: { kafka, registry } }: Configured) {
  return await createProducer({
    kafka: kafka.brokers,
    registryUrl: registry.url,
    topics: {
      predictions: ({ version }) =>
        version === CURRENT_VERSION ? DEFAULT_TOPICS.current : DEFAULT_TOPICS.canary,
      outcomes: DEFAULT_TOPICS.outcomes,
    },
    schema: {
      features: Object.fromEntries(FEATURE_NAMES.map((name) => [name, 'number'])),
      context: { origin: 'string', destination: 'string' },
    },
    compression: 'lz4',
  });
}

async function main(options: LiveOptions, signal: AbortSignal): Promise<ExitCode> {
  const configured = await liveConfig(options.configFile);
  const { file, config } = configured;
  const logs = await writeDemoLogs({
    logsFolder: join(FOLDER, 'logs'),
    cacheFolder: CACHE_FOLDER,
    onStep: say,
  });
  const made = await makeFlightTopics(config);
  if (made.length > 0) say(`made the topics ${made.join(', ')}`);
  const opened = await service(options, configured, signal);
  const { rolloutId, from } = await rolloutOf(opened, configured, options);
  say(`waiting until coalmine reads it (${file})`);
  await awaitJoiners(opened, rolloutId, { say, signal });
  const hours = await openFlightHours(logs, options.canary);
  const verdicts = await watchVerdicts(config, rolloutId);
  const producer = await openProducer(configured);
  const deps = {
    hours,
    producer,
    routing: async () => await routingOf(opened, rolloutId),
    latestVerdict: verdicts.latest,
    onHour: hourTeller(say),
    onWaiting: () => say('waiting for verdicts: does coalmine run?'),
    store: writeProgress,
    nowMs: () => Date.now(),
    signal,
  };
  const { hoursPerSecond } = options;
  let fed: Fed;
  try {
    fed = await feed(deps, { rolloutId, from, hoursPerSecond });
  } finally {
    await Promise.all([producer.close(), verdicts.close(), opened.close()]);
    hours.close();
  }
  process.stdout.write(endText(rolloutId, fed.table, verdicts.latest()));
  say(lookText(rolloutId, configured));
  return endOf(fed.table) === null ? EXIT.inconclusive : EXIT.pass;
}

/** How long the first signal may take to end in order: a broker that is away answers nothing. */
const ENDING_MS_MAX = 10_000;

function endNow(): void {
  process.exit(EXIT.interrupted);
}

/** The first signal ends the demo after the hour that is being sent, the second at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) endNow();
      controller.abort();
      setTimeout(endNow, ENDING_MS_MAX).unref();
    });
  }
  return controller.signal;
}

const signal = abortOnSignals();
try {
  const options = liveOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else process.exitCode = await main(options, signal);
} catch (caught) {
  const error = signal.aborted
    ? new CoalmineError('interrupted', 'stopped; the same command goes on', { cause: caught })
    : caught;
  const style = styleFor({ isTTY: process.stderr.isTTY, env: process.env });
  process.stderr.write(errorText(error, style, (process.env['COALMINE_DEBUG'] ?? '') !== ''));
  process.exitCode = exitCodeOf(error);
}
