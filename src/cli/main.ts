#!/usr/bin/env node
import { CoalmineError } from '../core/foundation/error.ts';
import type { TextSink } from './output.ts';
import { pageFor } from './page.ts';
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

/**
 * The first signal asks the verb to stop in order. The second has its default effect: that ends the
 * process even while a native thread is busy, which `process.exit` would wait for.
 */
function stopOnSignals(controller: AbortController): void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => {
    for (const signal of signals) process.off(signal, stop);
    controller.abort(new CoalmineError('interrupted', 'interrupted'));
  };
  for (const signal of signals) process.on(signal, stop);
}

const stopping = new AbortController();
stopOnSignals(stopping);
process.exitCode = await runProgram(process.argv.slice(2), VERBS, {
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  stdoutStyle: styleFor(styleSourceOf(process.stdout)),
  stderrStyle: styleFor(styleSourceOf(process.stderr)),
  page: pageFor({ ...styleSourceOf(process.stdout), columns: process.stdout.columns ?? null }),
  interactive: process.stderr.isTTY,
  signal: stopping.signal,
  debug: (process.env['COALMINE_DEBUG'] ?? '') !== '',
});
