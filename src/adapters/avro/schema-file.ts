import { readFileSync } from 'node:fs';
import avro from 'avsc';

/** The records that have a schema in the folder `schemas`. */
export const SCHEMA_NAMES = [
  'Prediction',
  'Outcome',
  'WindowPartial',
  'Positions',
  'ReferenceProfile',
  'Verdict',
  'RoutingTable',
  'RolloutEvent',
] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const FOLDER = new URL('../../../schemas/', import.meta.url);

/** The Avro type of one of our schemas, compiled anew at each call: keep it. */
export function avroType(name: SchemaName): avro.Type {
  const schema: avro.Schema = JSON.parse(readFileSync(new URL(`${name}.avsc`, FOLDER), 'utf8'));
  return avro.Type.forSchema(schema);
}
