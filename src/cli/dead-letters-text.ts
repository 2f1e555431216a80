import type { DeadLetterList, FoundDeadLetter, RetryReport } from '../app/service/dead-letters.ts';
import { bytesShown } from './bytes-shown.ts';
import { timeText } from './number-text.ts';
import { countText } from './plan-file.ts';
import type { Style } from './style.ts';
import { fieldsText, tableText } from './table.ts';

/** Counts by topic and reason, then the newest. */
export function listText({ total, counts, newest }: DeadLetterList, style: Style): string {
  if (total === 0) return 'no dead letters';
  const byReason = tableText(
    {
      head: ['topic', 'reason', 'count'],
      rows: counts.map(({ topic, reason, count }) => [topic, reason, count]),
      right: [2],
    },
    style,
  );
  const letters = tableText(
    {
      head: ['id', 'set aside', 'reason', 'field', 'payload', 'detail'],
      rows: newest.map(({ id, timeMs, reason, field, payloadBytes, detail }) => [
        id,
        timeText(timeMs),
        reason,
        field,
        payloadBytes === null ? 'not kept' : countText(payloadBytes, 'byte'),
        detail,
      ]),
    },
    style,
  );
  return [byReason, `the newest ${newest.length} of ${total}`, letters].join('\n\n');
}

/** Everything that is known of one dead letter. */
export function letterText(letter: FoundDeadLetter, style: Style): string {
  const { id, topic, partition, offset, reason, field, detail, timeMs, payload, key } = letter;
  const shown = payload === null ? null : bytesShown(payload);
  const fields = fieldsText(
    [
      ['id', id],
      ['topic', topic],
      ['partition', partition],
      ['offset', offset],
      ['set aside', timeText(timeMs)],
      ['reason', reason],
      ['field', field],
      ['detail', detail],
      ['key', key === null ? 'none' : bytesShown(key).text],
      ['payload', payloadText(payload, shown)],
    ],
    style,
  );
  return shown === null ? fields : `${fields}\n\n${shown.text}`;
}

function payloadText(
  payload: Uint8Array | null,
  shown: ReturnType<typeof bytesShown> | null,
): string {
  if (payload === null || shown === null) return 'not kept';
  const schema = shown.schemaId === null ? '' : `, written with schema ${shown.schemaId}`;
  return `${countText(payload.length, 'byte')} as ${shown.encoding}${schema}`;
}

export function retryText({ sent, refused }: RetryReport, style: Style): string {
  const parts = [`${countText(sent.length, 'record')} sent again`];
  if (sent.length > 0) {
    const head = ['dead letter', 'topic', 'partition', 'new offset'];
    const rows = sent.map(({ id, topic, partition, offset }) => [id, topic, partition, offset]);
    parts.push(tableText({ head, rows, right: [2, 3] }, style));
  }
  if (refused.length > 0) {
    parts.push(style.yellow(`${refused.length} not sent`));
    const rows = refused.map(({ id, why }) => [id, why]);
    parts.push(tableText({ head: ['dead letter', 'why'], rows }, style));
  }
  return parts.join('\n\n');
}
