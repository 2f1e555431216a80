import { readFileSync } from 'node:fs';
import avro from 'avsc';

/** The records that have a schema in the folder `schemas`. */
export const SCHEMA_NAMES = [
  'Prediction',
  'Outcome',
  'WindowPartial',
  'Positions',
  'ReferenceProfile',
  'ReferenceState',
  'AppliedRollout',
  'Verdict',
  'RoutingTable',
  'RolloutEvent',
  'DeadLetter',
] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const FOLDER = new URL('../../../schemas/', import.meta.url);

/** The Avro type of one of our schemas, compiled anew at each call: keep it. */
export function avroType(name: SchemaName): avro.Type {
  return typeOfSchema(schemaText(name));
}

/** The type of a schema as it was in one of its versions. */
export function pastAvroType(name: SchemaName, version: number): avro.Type {
  return typeOfSchema(read(`history/${name}/v${version}.avsc`));
}

/** The JSON text of one of our schemas, as a registry gets it. */
export function schemaText(name: SchemaName): string {
  return read(`${name}.avsc`);
}

/**
 * The type of a schema's JSON text.
 *
 * @throws when it is not a schema of Avro
 */
export function typeOfSchema(text: string): avro.Type {
  const schema: avro.Schema = JSON.parse(text);
  return avro.Type.forSchema(schema);
}

function read(path: string): string {
  return readFileSync(new URL(path, FOLDER), 'utf8');
}
