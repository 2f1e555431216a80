import { watch } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MessyLog, writeMessyLog } from '../../support/messy-log.ts';
import { mulberry32 } from '../../support/random.ts';
import {
  answerOf,
  type Ended,
  queried,
  type ReplayAnswer,
  replayArgs,
  runCli,
  startCli,
} from '../../support/replay-cli.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

/** Everything that an output folder says to its user. */
interface Left {
  readonly answer: Omit<ReplayAnswer, 'files'>;
  readonly code: number | null;
  readonly files: Readonly<Record<string, string>>;
  readonly windows: readonly unknown[];
  readonly pairs: readonly unknown[];
}

const FILES = ['verdicts.jsonl', 'dead-letters.jsonl', 'notifications.jsonl', 'routing.json'];

let folder = '';
let plan = '';
let log: MessyLog;
let undisturbed: Left;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-resume-'));
  log = await writeMessyLog(folder);
  plan = await writeReplayPlan(join(folder, 'plan.yaml'), {
    bakes: ['24h', '20h'],
    keepPairs: '{ mode: sampled, share: 0.2, perWindowMax: 100, retention: 30d }',
  });
  undisturbed = await left('undisturbed', await runCli(argsOf('undisturbed', [])));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** At any speed but the highest each window is stored for itself: more than a hundred commits. */
const PACED = ['--speed', '100000000x'];

function argsOf(name: string, more: readonly string[] = PACED): readonly string[] {
  return replayArgs({ plan, log: log.paths, out: join(folder, name), more });
}

async function left(name: string, ended: Ended): Promise<Left> {
  const out = join(folder, name);
  const { files: _files, ...answer } = answerOf(ended);
  const texts = FILES.map(async (file) => [file, await readFile(join(out, file), 'utf8')] as const);
  return {
    answer,
    code: ended.code,
    files: Object.fromEntries(await Promise.all(texts)),
    windows: await queried(out, 'from windows order by window_start_ms'),
    pairs: await queried(out, 'from pairs order by window_start_ms, request_id'),
  };
}

/**
 * Starts the replay and sends it a signal as soon as so many changes were seen in its folder: of the
 * database, its log, a file of results. That is in the midst of a commit as often as between two.
 */
async function stopAfter(
  name: string,
  changeCount: number,
  signal: NodeJS.Signals,
): Promise<Ended> {
  const out = join(folder, name);
  await mkdir(out, { recursive: true });
  const started = startCli(argsOf(name));
  let seen = 0;
  const watcher = watch(out, () => {
    seen += 1;
    if (seen === changeCount) started.kill(signal);
  });
  try {
    return await started.ended;
  } finally {
    watcher.close();
  }
}

async function verdictCount(name: string): Promise<number> {
  const text = await readFile(join(folder, name, 'verdicts.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

describe('a replay that nobody disturbs', () => {
  test('counts everything that was planted in its log, under its name', () => {
    const { counts, outcome_counts } = undisturbed.answer;
    const { planted } = log;
    expect(counts).toMatchObject({
      read: log.recordCount,
      unmatched_current: planted.unmatchedCurrent,
      unmatched_canary: planted.unmatchedCanary,
      not_asked: 0,
      duplicate: planted.duplicate,
      conflict: planted.conflict,
      late: planted.late,
      dead_lettered: planted.deadLettered,
      ignored: planted.ignored,
    });
    expect(outcome_counts['read']).toBe(2_400);
    expect(undisturbed).toMatchObject({ code: 0, answer: { decision: 'promoted' } });
    expect(undisturbed.answer.verdicts).toBeGreaterThan(100);
    expect(undisturbed.windows.length).toBeGreaterThan(200);
    expect(undisturbed.pairs.length).toBeGreaterThan(300);
  });

  test('started again when it is finished, says the same and changes nothing', async () => {
    expect(await left('undisturbed', await runCli(argsOf('undisturbed', [])))).toEqual(undisturbed);
  });
});

describe('a replay that is stopped', () => {
  test('by Ctrl-C ends with 130 and a message, and goes on to the same results', async () => {
    const stopped = await stopAfter('ctrl-c', 60, 'SIGINT');
    expect(stopped).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(stopped.stderr).toContain(
      'interrupted; what is finished is stored; the same command goes on from here',
    );
    const known = await verdictCount('ctrl-c');
    expect(known).toBeGreaterThan(0);
    expect(known).toBeLessThan(undisturbed.answer.verdicts);
    expect(await left('ctrl-c', await runCli(argsOf('ctrl-c')))).toEqual(undisturbed);
  });

  test('by SIGKILL at ten random moments ends with the same results, byte for byte', async () => {
    const random = mulberry32(20_261);
    const reached: number[] = [];
    for (let kill = 0; kill < 10; kill += 1) {
      const killed = await stopAfter('killed', 6 + Math.floor(90 * random()), 'SIGKILL');
      expect(killed).toMatchObject({ code: null, signal: 'SIGKILL', stdout: '' });
      reached.push(await verdictCount('killed'));
    }
    expect(reached).toEqual(reached.toSorted((a, b) => a - b));
    expect(new Set(reached).size).toBeGreaterThan(5);
    expect(await left('killed', await runCli(argsOf('killed')))).toEqual(undisturbed);
  });
});
