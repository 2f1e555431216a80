import type { Page } from './page.ts';
import type { Style } from './style.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Where text goes. A closed pipe is not an error: what is written after it is dropped. */
export interface TextSink {
  write(text: string): void;
}

/** What a verb may use of the world: data out, messages out, and being told to stop. */
export interface Io {
  readonly format: OutputFormat;
  readonly signal: AbortSignal;
  /** Colours for stdout. */
  readonly style: Style;
  /** What stdout can show. */
  readonly page: Page;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** True when stderr is a terminal: progress may redraw its line. */
  readonly interactive: boolean;
}

/** One answer in two shapes: the value for machines, and the text that a person reads. */
export interface Answer {
  readonly value: unknown;
  readonly text: () => string | Promise<string>;
}

/** Writes an answer to stdout in the format asked for. This is the only way data leave a verb. */
export async function answer(io: Io, { value, text }: Answer): Promise<void> {
  io.stdout.write(withNewline(await render(io.format, { value, text })));
}

/** Tells a person something beside the data: goes to stderr, whatever the format. */
export function say(io: Io, message: string): void {
  io.stderr.write(withNewline(message));
}

async function render(format: OutputFormat, { value, text }: Answer): Promise<string> {
  switch (format) {
    case 'table':
      return text();
    case 'json':
      return JSON.stringify(value, null, 2);
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(value, { lineWidth: 0 });
    }
  }
}

function withNewline(text: string): string {
  return text.endsWith('\n') || text === '' ? text : `${text}\n`;
}
