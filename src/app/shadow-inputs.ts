import type { Privacy } from '../core/events/field-map.ts';
import { compilePrivacy } from '../core/events/privacy.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { InputTopic, ServiceConfig } from './service/service-config.ts';

/** How the two topics are read and written. */
export interface ShadowInputs {
  readonly from: InputTopic;
  readonly to: InputTopic;
  /** Names of what the rules of `from` drop: `feature.x`, `context.x`, `unit_id`. */
  readonly isDropped: (name: string) => boolean;
}

const NO_RULES: Privacy = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };

/**
 * What the config file says of the two topics; nothing is said of one that it does not name.
 *
 * @throws CoalmineError `config_invalid` when what is written could not be read as it is meant
 */
export function shadowInputs(
  topics: { readonly from: string; readonly to: string },
  config: Pick<ServiceConfig, 'inputs'>,
): ShadowInputs {
  const from = inputOf(config, topics.from);
  const to = inputOf(config, topics.to);
  const hashed = from.privacy.hash.filter((name) => !isTreated(to.privacy, name));
  if (to.fieldMap !== null)
    throw invalid(`${to.topic} has a field map`, [
      'Answers are written in the fields of the contract: give them a topic without a field map.',
    ]);
  if (hashed.length > 0)
    throw invalid(`${to.topic} would hold what ${from.topic} hashes: ${hashed.join(', ')}`, [
      'Give both topics the same privacy rules.',
    ]);
  const privacy = compilePrivacy({ ...from.privacy, hash: [] }, null);
  if (!privacy.ok)
    throw invalid(
      `the privacy rules of ${from.topic} have problems`,
      privacy.problems.map(({ at, detail }) => `${at}: ${detail}`),
    );
  const rules = privacy.privacy;
  return { from, to, isDropped: (name) => rules.treatmentOf(name) === 'drop' };
}

function isTreated({ drop, hash, keep }: Privacy, name: string): boolean {
  const isKept = keep === null || name === 'unit_id' || keep.includes(name);
  return drop.includes(name) || hash.includes(name) || !isKept;
}

function inputOf({ inputs }: Pick<ServiceConfig, 'inputs'>, topic: string): InputTopic {
  const given = inputs.find((input) => input.topic === topic);
  return given ?? { topic, format: 'avro', fieldMap: null, privacy: NO_RULES };
}

function invalid(message: string, hints: readonly string[]): CoalmineError {
  return new CoalmineError('config_invalid', message, { hints });
}
