import type { RolloutEvent, RoutingTable } from '../../core/events/routing.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import type { AppliedRollout, OwnTopic } from '../../pipeline/stream/messages.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { camelKeys, snakeKeys } from './key-case.ts';
import type { SchemaName } from './schema-file.ts';
import { type WireCodec, wireCodec } from './wire-codec.ts';

/** Codecs of what judges, controllers and `coalmine apply` write. */
export interface RecordCodecs {
  readonly applied: WireCodec<AppliedRollout>;
  readonly verdict: WireCodec<Verdict>;
  readonly routing: WireCodec<RoutingTable>;
  readonly rolloutEvent: WireCodec<RolloutEvent>;
}

/** Schemas are registered under `<topic>-value` when the first record is written. */
export function avroRecordCodecs(
  registry: SchemaRegistrar,
  topics: Readonly<
    Record<Extract<OwnTopic, 'rollouts' | 'verdicts' | 'routing' | 'rolloutEvents'>, string>
  >,
): RecordCodecs {
  const codec = <T>(schema: SchemaName, topic: string): WireCodec<T> =>
    wireCodec<T>({
      registry,
      subject: `${topic}-value`,
      schema,
      toWire: snakeKeys,
      // Decoder edge: the value was read with our schema, which is the type's twin.
      fromWire: (wire) => camelKeys(wire) as T,
    });
  return {
    applied: codec('AppliedRollout', topics.rollouts),
    verdict: codec('Verdict', topics.verdicts),
    routing: codec('RoutingTable', topics.routing),
    rolloutEvent: codec('RolloutEvent', topics.rolloutEvents),
  };
}
