import { whyCutOff } from './cut-off.ts';
import { type Fault, faultOf } from './faults.ts';
import { type MembershipOptions, openMembership, runMembership } from './membership.ts';
import type { Patience } from './patience.ts';
import type { Reader } from './reader.ts';

/**
 * One consumer after the other: kafkajs' own way back from a crash keeps what we must forget.
 * Returns when it is told to end; throws when trying again cannot help.
 */
export async function liveOnAndOn(
  options: MembershipOptions,
  reader: Reader,
  patience: Patience,
): Promise<void> {
  const what = `reading as a member of ${options.group}`;
  const bornMs = performance.now();
  let tries = 0;
  while (!patience.isEnded) {
    const joinsBefore = reader.joinCount;
    const thrown = await liveOnce(options, reader, patience);
    reader.lost();
    if (patience.isEnded) return;
    if (reader.joinCount > joinsBefore) tries = 0;
    const { settings, firstAnswerMsMax } = options.client;
    const isFirst = reader.joinCount === 0;
    const fault = faultOf(thrown, what, settings);
    const isLate = performance.now() - bornMs > firstAnswerMsMax;
    const reason = reasonToGoOn(
      isFirst ? await whyCutOff(fault, settings) : fault,
      isFirst && isLate,
    );
    options.client.log({ level: 'warn', message: `${reason}; joining again`, fields: {} });
    await patience.wait(tries).catch(() => undefined);
    tries += 1;
  }
}

function reasonToGoOn({ error, waiting }: Fault, isGivenUp: boolean): string {
  if (waiting === 'no' || isGivenUp) throw error;
  return error.message;
}

/** Resolves with why the consumer ended. */
async function liveOnce(
  options: MembershipOptions,
  reader: Reader,
  patience: Patience,
): Promise<unknown> {
  const membership = await openMembership(options, reader);
  const { consumer, crash } = membership;
  reader.begin(consumer);
  try {
    await runMembership(membership, options, reader);
    return await Promise.race([crash, patience.ended]);
  } catch (error) {
    return error;
  } finally {
    // What does not answer cannot be left in order.
    await consumer.disconnect().catch(() => undefined);
  }
}
