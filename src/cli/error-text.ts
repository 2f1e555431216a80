import { CoalmineError } from '../core/foundation/error.ts';
import type { Style } from './style.ts';

/** How a failure is shown: what happened, what to do about it, and a code to search for. */
export function errorText(error: unknown, style: Style, debug: boolean): string {
  const lines =
    error instanceof CoalmineError ? knownError(error, style) : unknownError(error, style, debug);
  if (debug) lines.push(...stackLines(error));
  return `${lines.join('\n')}\n`;
}

function knownError(error: CoalmineError, style: Style): string[] {
  // The user asked for it: not an error to them.
  if (error.code === 'interrupted')
    return [error.message, ...error.hints.map((hint) => `  ${hint}`)];
  return [
    `${style.red('error:')} ${error.message}`,
    ...error.hints.map((hint) => `  ${hint}`),
    style.dim(`  (${error.code})`),
  ];
}

function unknownError(error: unknown, style: Style, debug: boolean): string[] {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`${style.red('error:')} unexpected: ${message}`];
  if (!debug) lines.push('  This is a fault in coalmine. COALMINE_DEBUG=1 shows where.');
  return lines;
}

/** The stacks of an error and of what caused it, outermost first. */
function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    lines.push(at.stack ?? `${at.name}: ${at.message}`);
  }
  return lines;
}
