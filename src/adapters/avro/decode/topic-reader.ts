import type { FieldMap, Privacy } from '../../../core/events/field-map.ts';
import {
  type CompiledFieldMap,
  compileFieldMap,
  type FieldMapProblem,
  type MappedRecord,
} from '../../../core/events/field-map-compile.ts';
import {
  type CompiledPrivacy,
  compilePrivacy,
  type HashText,
} from '../../../core/events/privacy.ts';
import { CoalmineError } from '../../../core/foundation/error.ts';
import type { RawRecord } from '../../../pipeline/stream/ports.ts';
import { textOf } from './byte-reader.ts';
import { type Destinations, destinationsOf } from './destinations.ts';
import { KeyColumns } from './key-columns.ts';
import { compileProgram, type Program } from './program.ts';
import type { SchemaReader } from './schema-readers.ts';
import type { ValueColumns } from './value-columns.ts';

/** A topic that other people write, and how its records are made ours. */
export interface DecodedTopic {
  readonly topic: string;
  readonly format: 'avro' | 'json';
  readonly fieldMap: FieldMap | null;
  readonly privacy: Privacy;
}

/** How the records of one topic become records of the contract: whole, or by programs. */
export class TopicReader {
  readonly format: 'avro' | 'json';
  readonly keepsPayload: boolean;
  readonly destinations: Destinations | null;
  private readonly fieldMap: CompiledFieldMap;
  private readonly privacy: CompiledPrivacy;
  private readonly values: ValueColumns;
  private readonly programs = new WeakMap<
    SchemaReader,
    { readonly program: Program | null; readonly generation: number }
  >();

  /** Throws `config_invalid` when the field map or the privacy rules have problems. */
  constructor(topic: DecodedTopic, values: ValueColumns, hashText: HashText | null) {
    const fieldMap = compileFieldMap(topic.fieldMap);
    const privacy = compilePrivacy(topic.privacy, hashText);
    const problems = [...problemsOf(fieldMap), ...problemsOf(privacy)];
    if (!fieldMap.ok || !privacy.ok) throw invalid(topic.topic, problems);
    this.format = topic.format;
    this.keepsPayload = topic.privacy.keepDeadLetterPayload;
    this.fieldMap = fieldMap.fieldMap;
    this.privacy = privacy.privacy;
    this.values = values;
    const { single } = this.fieldMap;
    this.destinations = single === null ? null : destinationsOf(single, this.privacy);
  }

  /** What a record that was read whole holds, in the form of the contract. */
  map(value: unknown, raw: RawRecord): MappedRecord {
    const key = raw.key === null ? null : textOf({ bytes: raw.key, from: 0, to: raw.key.length });
    const source = { record: value, key, headers: raw.headers, recordTimeMs: raw.timestampMs };
    const mapped = this.fieldMap.map(source);
    if (!mapped.ok || !this.privacy.changesAnything) return mapped;
    return { ok: true, values: mapped.values.map((one) => this.privacy.apply(one)) };
  }

  /** The program of a writer's schema; null when its records must be read whole. */
  programOf(reader: SchemaReader): Program | null {
    const { destinations, values } = this;
    if (destinations === null) return null;
    const known = this.programs.get(reader);
    if (known?.generation === values.generation) return known.program;
    const isDropped = (name: string): boolean =>
      !name.startsWith('class_probability.') && this.privacy.treatmentOf(name) === 'drop';
    const program = compileProgram(reader.type, {
      destinations,
      values,
      keyColumns: (role) => new KeyColumns(role, values, isDropped),
      isDropped,
    });
    this.programs.set(reader, { program, generation: values.generation });
    return program;
  }
}

function problemsOf(
  result:
    | { readonly ok: true }
    | { readonly ok: false; readonly problems: readonly FieldMapProblem[] },
): readonly FieldMapProblem[] {
  return result.ok ? [] : result.problems;
}

function invalid(topic: string, problems: readonly FieldMapProblem[]): CoalmineError {
  const hints = problems.map(({ at, detail }) => `${at}: ${detail}`);
  return new CoalmineError('config_invalid', `the field map of topic '${topic}' has problems`, {
    hints,
  });
}
