import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Nobody reads stdout: its pipe is closed before the first write. */
  readonly closedStdout?: true;
  /** Gets a way to send signals, as soon as the process exists. */
  readonly started?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command line from source as a user's shell would, with no terminal attached. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, COALMINE_DEBUG: _debug, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (options.closedStdout) child.stdout.destroy();
    options.started?.((signal) => child.kill(signal));
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
