import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { type ProcessUsage, watchProcess } from './process-usage.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Where both of its streams go as well. */
  readonly logFile: string;
}

/** A process that runs, and is measured. */
export interface Child {
  readonly process: ChildProcess;
  /** What it wrote to its standard output so far. */
  readonly output: () => string;
  /** Asks it to end, and tells what it took until now. */
  readonly end: () => Promise<ProcessUsage>;
  readonly ended: Promise<number | null>;
}

const KILL_MS = 20_000;

export function startChild({ file, args, logFile }: Command): Child {
  const child = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = openSync(logFile, 'a');
  const output: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.push(text);
    writeSync(log, text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    writeSync(log, text);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const watch = watchProcess(child.pid ?? 0);
  return {
    process: child,
    output: () => output.join(''),
    ended,
    async end() {
      const usage = await watch.stop();
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
      await ended;
      clearTimeout(killing);
      return usage;
    },
  };
}

/** Runs a command to its end. */
export async function runChild(
  command: Command,
): Promise<{ readonly output: string; readonly usage: ProcessUsage }> {
  const child = startChild(command);
  const code = await child.ended;
  const usage = await child.end();
  if (code !== 0) {
    throw new Error(
      `${command.file} ended with ${code}: see ${command.logFile}\n${child.output()}`,
    );
  }
  return { output: child.output(), usage };
}
