import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** What a process and its children took. */
export interface ProcessUsage {
  readonly cpuS: number;
  /** The sum of each one's own peak. */
  readonly peakRssMb: number;
}

/** Linux counts CPU time for /proc in units of 10 ms. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 100;

/** User and system time in seconds from the text of /proc/PID/stat. */
export function cpuSecondsOf(stat: string): number {
  // The name is in parentheses, and may hold anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Peak resident memory in MB from the text of /proc/PID/status; 0 for a process that has ended. */
export function peakRssMbOf(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

/** Watches a process that runs on this machine until `stop` tells what it took up to then. */
export function watchProcess(pid: number): { readonly stop: () => Promise<ProcessUsage> } {
  const seen = new Map<number, ProcessUsage>();
  const watching = new AbortController();
  const loop = async (): Promise<void> => {
    while (!watching.signal.aborted) {
      sample(pid, seen);
      await pause(SAMPLE_MS);
    }
  };
  const done = loop();
  return {
    async stop() {
      sample(pid, seen);
      watching.abort();
      await done;
      const all = [...seen.values()];
      return {
        cpuS: all.reduce((sum, usage) => sum + usage.cpuS, 0),
        peakRssMb: all.reduce((sum, usage) => sum + usage.peakRssMb, 0),
      };
    },
  };
}

function sample(pid: number, seen: Map<number, ProcessUsage>): void {
  try {
    const cpuS = cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const peakRssMb = peakRssMbOf(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const before = seen.get(pid);
    seen.set(pid, { cpuS, peakRssMb: Math.max(peakRssMb, before?.peakRssMb ?? 0) });
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ');
      for (const child of children.filter((text) => text !== '')) sample(Number(child), seen);
    }
  } catch {
    // It ended between two looks: what was seen last counts.
  }
}
