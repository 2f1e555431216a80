import { CoalmineError } from '../../core/foundation/error.ts';
import { CUT_CODE, exchange, requestOf } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { Refusal } from './refusals.ts';
import type { KafkaSettings } from './settings.ts';
import { tlsMismatch } from './tls-mismatch.ts';

const SASL_HANDSHAKE = 17;
const UNSUPPORTED_MECHANISM = 33;

/**
 * A broker that is spoken to in the wrong way says nothing: it cuts the connection, as one does that goes
 * down. So it is asked in another way; what it answers to is what the config lacks.
 */
export async function whyCutOff(fault: Fault, settings: KafkaSettings): Promise<Fault> {
  const { cause } = fault.error;
  const broker = fault.waiting === 'helps' ? cutBy(cause) : null;
  if (broker === null) return fault;
  const refusal = await refusalOf(broker, settings);
  if (refusal === null) return fault;
  const { message, hints } = refusal;
  const error = new CoalmineError('broker_refused', message, { cause, hints });
  return { error, waiting: 'no' };
}

/** The address of the broker; null when something else went wrong. */
function cutBy(cause: unknown): string | null {
  if (!(cause instanceof Error && 'broker' in cause && typeof cause.broker === 'string'))
    return null;
  const isReset = 'code' in cause && cause.code === CUT_CODE;
  return isReset || cause.name === 'KafkaJSConnectionClosedError' ? cause.broker : null;
}

async function refusalOf(broker: string, settings: KafkaSettings): Promise<Refusal | null> {
  const mismatch = await tlsMismatch(broker, settings);
  if (mismatch !== null) return mismatch;
  const mechanisms = settings.sasl === null ? await mechanismsOf(broker, settings) : null;
  if (mechanisms === null) return null;
  const hint = `Write kafka.sasl into the config; it has ${mechanisms.join(', ')}.`;
  return { message: `${broker} wants a login`, hints: [hint] };
}

/** By which mechanisms one can log in there; null where one cannot. */
async function mechanismsOf(
  broker: string,
  settings: KafkaSettings,
): Promise<readonly string[] | null> {
  const wanted = Buffer.from('PLAIN');
  const body = Buffer.concat([Buffer.from([0, wanted.length]), wanted]);
  const exchanged = await exchange(broker, requestOf(SASL_HANDSHAKE, 1, body), settings);
  if (exchanged.kind !== 'answer' || exchanged.bytes.length < 14) return null;
  const { bytes } = exchanged;
  const code = bytes.readInt16BE(8);
  return code === 0 || code === UNSUPPORTED_MECHANISM ? textsIn(bytes.subarray(10)) : null;
}

/** A count, then as many texts, each after its length. */
function textsIn(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0 && at + 2 <= bytes.length; left -= 1) {
    const end = at + 2 + bytes.readInt16BE(at);
    texts.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return texts;
}
