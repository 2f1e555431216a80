#!/usr/bin/env node
import { CoalmineError } from '../core/foundation/error.ts';
import { EXIT } from './exit-codes.ts';
import type { TextSink } from './output.ts';
import { runProgram } from './program.ts';
import { type StyleSource, styleFor } from './style.ts';
import { VERBS } from './verbs.ts';

/** A closed pipe (`| head`) must not end a run that also writes files: the rest is dropped. */
function sinkOf(stream: NodeJS.WriteStream): TextSink {
  let closed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
  };
}

function styleSourceOf(stream: NodeJS.WriteStream): StyleSource {
  return { isTTY: stream.isTTY, env: process.env };
}

/** The first signal asks the verb to stop in order; the second ends the process at once. */
function stopOnSignals(controller: AbortController): void {
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new CoalmineError('interrupted', 'interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

const stopping = new AbortController();
stopOnSignals(stopping);
process.exitCode = await runProgram(process.argv.slice(2), VERBS, {
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  stdoutStyle: styleFor(styleSourceOf(process.stdout)),
  stderrStyle: styleFor(styleSourceOf(process.stderr)),
  interactive: process.stderr.isTTY,
  signal: stopping.signal,
  debug: (process.env['COALMINE_DEBUG'] ?? '') !== '',
});
