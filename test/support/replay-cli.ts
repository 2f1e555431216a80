import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { LogPaths } from './replay-log.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What a process came to. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way. */
export interface Started {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly pid: number | undefined;
  /** Resolves when stderr holds this; rejects when the process ends without it. */
  readonly said: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts the command line as a user's shell would, with no terminal attached. */
export function startCli(args: readonly string[], main: string = MAIN): Started {
  const { NO_COLOR: _no, FORCE_COLOR: _force, COALMINE_DEBUG: _debug, ...env } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    env,
    // A run that never ends must fail its test, and not go on behind it.
    timeout: 100_000,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const watcher of watchers) watcher();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(stderr)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      ended.then(
        () => reject(new Error(`ended without saying ${pattern}: ${stderr}`)),
        (error: unknown) => reject(error),
      );
    });
  return { kill: (signal) => child.kill(signal), pid: child.pid, said, ended };
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[]): Promise<Ended> {
  return startCli(args).ended;
}

export interface ReplayArgs {
  readonly plan: string;
  readonly log: LogPaths;
  readonly out: string;
  readonly more?: readonly string[];
}

/** The arguments of a replay that answers in JSON. */
export function replayArgs({ plan, log, out, more = [] }: ReplayArgs): readonly string[] {
  const outcomes = log.outcomes.length === 0 ? [] : ['--outcomes', ...log.outcomes];
  return ['replay', '--plan', plan, '--current', ...log.current, '--canary', ...log.canary].concat(
    outcomes,
    ['--out', out, '-o', 'json'],
    more,
  );
}

/** Counts of the records of a replay, by the names of the contract. */
export interface Counts {
  readonly read: number;
  readonly matched: number;
  readonly unmatched_current: number;
  readonly unmatched_canary: number;
  readonly not_asked: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly late: number;
  readonly dead_lettered: number;
  readonly ignored: number;
}

/** The answer of `replay -o json`, as far as tests look at it. */
export interface ReplayAnswer {
  readonly decision: string;
  readonly stage: { readonly index: number; readonly share: number } | null;
  readonly verdicts: number;
  readonly reason: string | null;
  readonly checks: readonly { readonly name: string; readonly sentence: string }[];
  readonly drivers: readonly unknown[];
  readonly counts: Counts;
  readonly outcome_counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly files: readonly string[];
  readonly traffic: string;
  readonly clock: string;
}

/** Parses the answer and checks that every record is accounted for (nothing waits at the end). */
export function answerOf(ended: Ended): ReplayAnswer {
  expect(ended.stderr).not.toMatch(/unexpected|assert/i);
  const answer = JSON.parse(ended.stdout) as ReplayAnswer;
  const { counts } = answer;
  expect(
    2 * counts.matched +
      counts.unmatched_current +
      counts.unmatched_canary +
      counts.not_asked +
      counts.duplicate +
      counts.conflict +
      counts.late +
      counts.dead_lettered +
      counts.ignored,
  ).toBe(counts.read);
  return answer;
}

/** Runs a replay that must come to a decision, and gives its answer. */
export async function replayed(args: ReplayArgs): Promise<ReplayAnswer> {
  const ended = await runCli(replayArgs(args));
  if (![0, 3, 4].includes(ended.code ?? 1)) throw new Error(`no decision: ${ended.stderr}`);
  return answerOf(ended);
}

/** A line of `dead-letters.jsonl`. */
export interface DeadLetterLine {
  readonly reason: string;
  readonly field: string | null;
  readonly detail: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly payload: string | null;
}

export async function deadLettersIn(out: string): Promise<readonly DeadLetterLine[]> {
  const text = await readFile(join(out, 'dead-letters.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => letterOf(JSON.parse(line)));
}

function letterOf(value: unknown): DeadLetterLine {
  const line = value as DeadLetterLine & { readonly letter?: DeadLetterLine };
  return line.letter ?? line;
}

/** Rows of the views of an output folder. */
export async function queried(
  out: string,
  sql: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const ended = await runCli(['sql', sql, '--out', out, '-o', 'json']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout) as readonly Readonly<Record<string, unknown>>[];
}

/** Matches a run that was refused: nothing on stdout, and on stderr all these words, in any order. */
export function refusal(code: number, ...words: readonly string[]): object {
  const each = words.map(
    (word) => `(?=[\\s\\S]*${word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')})`,
  );
  const noFault = '(?![\\s\\S]*(?:unexpected:|fault in coalmine|\\n\\s+at ))';
  return {
    code,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^${noFault}${each.join('')}`)),
  };
}
