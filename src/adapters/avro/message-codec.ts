import type { MessageCodec, OwnTopic } from '../../pipeline/stream/messages.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { joinerMessageFromWire, joinerMessageToWire } from './partial-wire.ts';
import { positionsFromWire, positionsToWire } from './positions-wire.ts';
import { referenceFromWire, referenceToWire } from './reference-wire.ts';
import { wireCodec } from './wire-codec.ts';

/**
 * What joiners and mergers tell each other, in Confluent's wire format. Schemas are registered under
 * `<topic>-value` when the first message is written.
 *
 * @param topics names of our topics
 */
export function avroMessageCodec(
  registry: SchemaRegistrar,
  topics: Readonly<Record<Extract<OwnTopic, 'partials' | 'positions' | 'profiles'>, string>>,
): MessageCodec {
  const joiner = wireCodec({
    registry,
    subject: `${topics.partials}-value`,
    schema: 'WindowPartial',
    toWire: joinerMessageToWire,
    fromWire: joinerMessageFromWire,
  });
  const positions = wireCodec({
    registry,
    subject: `${topics.positions}-value`,
    schema: 'Positions',
    toWire: positionsToWire,
    fromWire: positionsFromWire,
  });
  const reference = wireCodec({
    registry,
    subject: `${topics.profiles}-value`,
    schema: 'ReferenceState',
    toWire: referenceToWire,
    fromWire: referenceFromWire,
  });
  return {
    encodeJoinerMessage: joiner.encode,
    decodeJoinerMessage: joiner.decode,
    encodePositions: positions.encode,
    decodePositions: positions.decode,
    encodeReference: reference.encode,
    decodeReference: reference.decode,
  };
}
