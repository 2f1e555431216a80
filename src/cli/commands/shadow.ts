import { Option } from 'commander';
import type { ShadowReport, ShadowStart } from '../../app/shadow.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { ShadowCounts } from '../../pipeline/shadow/counts.ts';
import { CONFIG_OPTION } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { numberText, shareText } from '../number-text.ts';
import { positiveCount, positiveNumber, share, wholeNumber } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import { readPlan } from '../plan-file.ts';
import { fieldsText } from '../table.ts';
import type { Verb } from '../verb.ts';

interface ShadowFlags {
  readonly from: string;
  readonly to: string;
  readonly call: string;
  readonly config: string;
  readonly request?: string;
  readonly plan?: string;
  readonly rollout?: string;
  readonly rate?: number;
  readonly mirror?: number;
  readonly concurrency: number;
  readonly retries: number;
  readonly begin?: 'earliest' | 'latest';
  readonly once?: true;
}

/** What a canary that is asked from the log does not show. */
const CANNOT_SEE = [
  'how features are fetched: the canary is given those that current was given',
  'latency under live load: latency_ms is measured here, at this rate, of the last attempt',
  'state that requests leave behind, caches and sessions: it is asked later, and in another rhythm',
  'failures that a retry mends: --retries 0 logs every failure',
];

const CANNOT_SEE_TEXT = `It cannot see:\n${CANNOT_SEE.map((line) => `  - ${line}`).join('\n')}`;

export const shadowVerb: Verb = {
  define(program, run) {
    program
      .command('shadow')
      .description('ask a canary that is not mirrored yet, from the log of the current model')
      .requiredOption('--from <topic>', 'logged predictions of the current model')
      .requiredOption('--call <url>', "the canary's endpoint")
      .requiredOption('--to <topic>', 'where its answers go, as shadow predictions')
      .option(...CONFIG_OPTION)
      .option('--request <file>', 'body, headers, method, timeout, and where the answer holds what')
      .option('--plan <file>', 'the plan, where it is not applied and not in the config file')
      .option('--rollout <id>', 'the rollout, where several read these topics')
      .option('--rate <n>', 'requests per second at most, retries included', positiveNumber)
      .option('--mirror <share>', 'of the requests; the default is what the plan mirrors', share)
      .option('--concurrency <n>', 'requests at a time', positiveCount, 8)
      .option(
        '--retries <n>',
        'more attempts after 429, 5xx and lost connections',
        wholeNumber(0),
        3,
      )
      .addOption(
        new Option(
          '--begin <where>',
          'at its first start; the default is where the rollout begins',
        ).choices(['earliest', 'latest']),
      )
      .option('--once', 'end when all that is logged now is answered')
      .addHelpText(
        'after',
        `\n${CANNOT_SEE_TEXT}\n\nInterrupted (130), the same command goes on from where it was. docs/shadow.md has the request file.`,
      )
      .action((flags: ShadowFlags) => run((io) => runShadow(io, flags)));
  },
};

/** A line about how far it is comes this often. */
const SAY_EVERY_MS = 10_000;

async function runShadow(io: Io, flags: ShadowFlags): Promise<ExitCode> {
  checkAddress(flags.call);
  const [{ shadow }, { DEFAULT_REQUEST, loadRequestFile }, { readServiceConfig }, { outsideOf }] =
    await Promise.all([
      import('../../app/shadow.ts'),
      import('../../app/shadow-request.ts'),
      import('../../app/service/read-config.ts'),
      import('../../app/service/config/outside.ts'),
    ]);
  const config = await readServiceConfig(flags.config);
  const request =
    flags.request === undefined
      ? DEFAULT_REQUEST
      : await loadRequestFile(flags.request, outsideOf(process.env));
  const planned = await Promise.all(
    config.rollouts.map(async (one) => ({ ...one, plan: (await readPlan(one.planFile)).plan })),
  );
  const report = await shadow({
    config,
    planned,
    from: flags.from,
    to: flags.to,
    url: flags.call,
    request,
    plan: flags.plan === undefined ? null : (await readPlan(flags.plan)).plan,
    rolloutId: flags.rollout ?? null,
    mirrorShare: flags.mirror ?? null,
    ratePerSecond: flags.rate ?? null,
    concurrency: flags.concurrency,
    retryCountMax: flags.retries,
    begin: flags.begin ?? null,
    isOnce: flags.once === true,
    signal: io.signal,
    log: ({ level, message }) => {
      if (level === 'warn') say(io, message);
    },
    onStart: (start) => say(io, `${startText(start, flags)}\n${CANNOT_SEE_TEXT}`),
    onCounts: teller(io),
  });
  await answer(io, { value: reportValue(report), text: () => reportText(report, io) });
  return io.signal.aborted ? EXIT.interrupted : EXIT.pass;
}

function checkAddress(text: string): void {
  const isWeb = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (isWeb) return;
  throw new CoalmineError('usage', `--call ${text} is not an address`, {
    hints: ['It is like http://canary:8080/score.'],
  });
}

function startText(start: ShadowStart, { from, to, call }: ShadowFlags): string {
  const { rolloutId, canaryVersion, mirrorShare, partitionCount, begin } = start;
  const which = mirrorShare === 1 ? 'every request' : `${shareText(mirrorShare)} of the requests`;
  return `${rolloutId}: asks ${canaryVersion} at ${call} for ${which} of ${from} (${partitionCount} partitions), answers go to ${to}; a first start begins at the ${begin === 'earliest' ? 'first' : 'next'} logged request`;
}

/** Says how far it is, now and then. */
function teller(io: Io): (counts: ShadowCounts) => void {
  let saidMs = performance.now();
  return (counts) => {
    if (performance.now() - saidMs < SAY_EVERY_MS) return;
    saidMs = performance.now();
    say(io, countsText(counts));
  };
}

function countsText(counts: ShadowCounts): string {
  const shown = Object.entries(countsValue(counts)).filter(([, count]) => count > 0);
  const text = shown.map(([name, count]) => `${name.replaceAll('_', ' ')} ${numberText(count)}`);
  return text.length === 0 ? 'nothing read yet' : text.join(', ');
}

function countsValue(counts: ShadowCounts) {
  return {
    read: counts.read,
    foreign: counts.foreign,
    not_served: counts.notServed,
    not_mirrored: counts.notMirrored,
    asked: counts.asked,
    answered: counts.answered,
    failed: counts.failed,
    retried: counts.retried,
    dead_lettered: counts.deadLettered,
  };
}

function reportValue(report: ShadowReport) {
  return {
    rollout_id: report.rolloutId,
    canary_version: report.canaryVersion,
    mirror_share: report.mirrorShare,
    counts: countsValue(report.counts),
    cannot_see: CANNOT_SEE,
  };
}

function reportText(report: ShadowReport, io: Io): string {
  const counts = Object.entries(countsValue(report.counts));
  return fieldsText(
    [
      ['rollout', report.rolloutId],
      ...counts.map(([name, count]) => [name.replaceAll('_', ' '), count] as const),
    ],
    io.style,
  );
}
