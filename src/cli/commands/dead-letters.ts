import type { Command } from 'commander';
import type {
  DeadLetterFilter,
  DeadLetterList,
  FoundDeadLetter,
} from '../../app/service/dead-letters.ts';
import type { OpenDeadLetters } from '../../app/service/open-dead-letters.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { CONFIG_OPTION } from '../applied-session.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { positiveCount } from '../option-values.ts';
import { answer, type Io, say } from '../output.ts';
import type { RunVerb, Verb } from '../verb.ts';

interface Flags {
  readonly config: string;
  readonly topic?: string;
  readonly reason?: string;
  readonly limit?: number;
}

export const deadLettersVerb: Verb = {
  define(program, run) {
    const parent = program
      .command('dead-letters')
      .description('list, show and send again the records that could not be used');
    defineList(parent, run);
    defineShow(parent, run);
    defineRetry(parent, run);
  },
};

function defineList(parent: Command, run: RunVerb): void {
  parent
    .command('list')
    .description('count them by topic and reason, and list the newest')
    .option(...CONFIG_OPTION)
    .option('--topic <topic>', 'only of this topic')
    .option('--reason <reason>', 'only for this reason')
    .option('--limit <n>', 'list so many', positiveCount, 20)
    .action((flags: Flags) => run((io) => list(io, flags)));
}

function defineShow(parent: Command, run: RunVerb): void {
  parent
    .command('show')
    .description('show everything about one, with its payload where it was kept')
    .argument('<id>', 'TOPIC/PARTITION/OFFSET, as list shows it')
    .option(...CONFIG_OPTION)
    .action((id: string, flags: Flags) => run((io) => show(io, id, flags)));
}

function defineRetry(parent: Command, run: RunVerb): void {
  parent
    .command('retry')
    .description('send the original bytes again to the topic and partition that they came from')
    .argument('[ids...]', 'TOPIC/PARTITION/OFFSET, as list shows it')
    .option(...CONFIG_OPTION)
    .option('--topic <topic>', 'all of this topic')
    .option('--reason <reason>', 'all of this reason')
    .addHelpText('after', '\nEnds with 1 when one could not be sent: its bytes were not kept.')
    .action((ids: string[], flags: Flags) => run((io) => retry(io, ids, flags)));
}

async function withDeadLetters(
  { config: file }: Flags,
  work: (opened: OpenDeadLetters) => Promise<ExitCode>,
): Promise<ExitCode> {
  const [{ readServiceConfig }, { openDeadLetters }] = await Promise.all([
    import('../../app/service/read-config.ts'),
    import('../../app/service/open-dead-letters.ts'),
  ]);
  const opened = await openDeadLetters(await readServiceConfig(file));
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

function filterOf({ topic, reason }: Flags, ids: readonly string[] = []): DeadLetterFilter {
  return {
    topic: topic ?? null,
    reason: reason ?? null,
    ids: ids.length === 0 ? null : new Set(ids),
  };
}

async function list(io: Io, flags: Flags): Promise<ExitCode> {
  const [{ listDeadLetters }, { listText }] = await Promise.all([
    import('../../app/service/dead-letters.ts'),
    import('../dead-letters-text.ts'),
  ]);
  return await withDeadLetters(flags, async ({ log }) => {
    const found = await listDeadLetters(log, filterOf(flags), flags.limit ?? 20);
    if (found.unreadableCount > 0)
      say(io, `${found.unreadableCount} records of the topic are no dead letters of this version`);
    await answer(io, { value: await listValue(found), text: () => listText(found, io.style) });
    return EXIT.pass;
  });
}

async function show(io: Io, id: string, flags: Flags): Promise<ExitCode> {
  const [{ findDeadLetters }, { letterText }] = await Promise.all([
    import('../../app/service/dead-letters.ts'),
    import('../dead-letters-text.ts'),
  ]);
  return await withDeadLetters(flags, async ({ log }) => {
    const [letter] = await findDeadLetters(log, filterOf({ config: flags.config }, [id]));
    if (letter === undefined) throw unknown([id]);
    await answer(io, {
      value: await letterValue(letter),
      text: () => letterText(letter, io.style),
    });
    return EXIT.pass;
  });
}

async function retry(io: Io, ids: readonly string[], flags: Flags): Promise<ExitCode> {
  if (ids.length === 0 && flags.reason === undefined && flags.topic === undefined) {
    throw new CoalmineError('usage', 'which dead letters?', {
      hints: ['coalmine dead-letters retry ID...', 'coalmine dead-letters retry --reason REASON'],
    });
  }
  const [{ findDeadLetters, retryDeadLetters }, { retryText }] = await Promise.all([
    import('../../app/service/dead-letters.ts'),
    import('../dead-letters-text.ts'),
  ]);
  return await withDeadLetters(flags, async ({ log, resender }) => {
    const letters = await findDeadLetters(log, filterOf(flags, ids));
    const found = new Set(letters.map(({ id }) => id));
    const missing = ids.filter((id) => !found.has(id));
    // All or nothing: a list with a mistake in it is looked at again before anything is sent.
    if (missing.length > 0) throw unknown(missing);
    const report = await retryDeadLetters(letters, resender);
    await answer(io, { value: report, text: () => retryText(report, io.style) });
    return report.refused.length > 0 ? EXIT.error : EXIT.pass;
  });
}

function unknown(ids: readonly string[]): CoalmineError {
  return new CoalmineError('not_found', `no dead letter ${ids.join(', ')}`, {
    hints: ['coalmine dead-letters list shows the ids of the newest: TOPIC/PARTITION/OFFSET'],
  });
}

async function listValue({ total, counts, newest, unreadableCount }: DeadLetterList) {
  const { bytesShown } = await import('../bytes-shown.ts');
  return {
    total,
    unreadable_count: unreadableCount,
    counts,
    newest: newest.map(
      ({ id, topic, partition, offset, reason, field, detail, timeMs, key, payloadBytes }) => ({
        id,
        topic,
        partition,
        offset,
        reason,
        field,
        detail,
        time_ms: timeMs,
        key: key === null ? null : bytesShown(key).text,
        payload_bytes: payloadBytes,
      }),
    ),
  };
}

async function letterValue({ timeMs, payload, payloadBytes, key, ...letter }: FoundDeadLetter) {
  const { bytesShown } = await import('../bytes-shown.ts');
  const shown = (bytes: Uint8Array) => {
    const { encoding, text, schemaId } = bytesShown(bytes);
    return { encoding, text, schema_id: schemaId };
  };
  return {
    ...letter,
    time_ms: timeMs,
    key: key === null ? null : shown(key),
    payload_bytes: payloadBytes,
    payload: payload === null ? null : shown(payload),
  };
}
