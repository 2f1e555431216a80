import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCHEMA_NAMES } from '../../../src/adapters/avro/schema-file.ts';

const FOLDER = new URL('../../../schemas/', import.meta.url);

const RECORD = z.looseObject({ fields: z.array(z.looseObject({ type: z.unknown() })) });

function readSchema(path: string): avro.Schema {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'));
}

function typeOf(path: string): avro.Type {
  return avro.Type.forSchema(readSchema(path));
}

function fieldsOf(schema: avro.Schema): z.infer<typeof RECORD>['fields'] {
  return RECORD.parse(schema).fields;
}

function historyOf(name: string): readonly string[] {
  const files = readdirSync(new URL(`history/${name}/`, FOLDER));
  return files
    .toSorted((a, b) => versionOf(a) - versionOf(b))
    .map((file) => `history/${name}/${file}`);
}

function versionOf(file: string): number {
  return Number(/v(\d+)\.avsc$/.exec(file)?.[1]);
}

const VERSIONS = SCHEMA_NAMES.flatMap((name) =>
  historyOf(name).map((file) => [name, file] as const),
);

describe('the Avro schemas', () => {
  it('are the ones that the folder holds, each with a history', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.avsc'));
    expect(files.toSorted()).toEqual(SCHEMA_NAMES.map((name) => `${name}.avsc`).toSorted());
    expect(readdirSync(new URL('history/', FOLDER)).toSorted()).toEqual(SCHEMA_NAMES.toSorted());
  });

  it.each(VERSIONS)('%s reads what %s wrote', (name, file) => {
    expect(() => typeOf(`${name}.avsc`).createResolver(typeOf(file))).not.toThrow();
  });

  it.each(SCHEMA_NAMES)('%s is the newest of its history, numbered from 1 without gaps', (name) => {
    const history = historyOf(name);
    expect(history.map(versionOf)).toEqual(history.map((_, i) => i + 1));
    expect(typeOf(history.at(-1) ?? '').schema({ exportAttrs: true })).toEqual(
      typeOf(`${name}.avsc`).schema({ exportAttrs: true }),
    );
  });

  it('has one schema of the reference profile, wherever a profile travels', () => {
    const [, , active] = fieldsOf(readSchema('ReferenceState.avsc'));
    const [, holder] = z.tuple([z.literal('null'), RECORD]).parse(active?.type);
    const profile = z.object({ type: RECORD }).parse(holder.fields[1]).type;
    expect(profile.fields).toEqual(fieldsOf(readSchema('ReferenceProfile.avsc')));
  });

  it('would not pass with a new field that has no default', () => {
    const old = avro.Type.forSchema({ type: 'record', name: 'A', fields: [] });
    const field = { name: 'later', type: 'int' } as const;
    const broken = avro.Type.forSchema({ type: 'record', name: 'A', fields: [field] });
    const right = avro.Type.forSchema({
      type: 'record',
      name: 'A',
      fields: [{ ...field, default: 0 }],
    });
    expect(() => broken.createResolver(old)).toThrow('no matching field for default-less A.later');
    expect(() => right.createResolver(old)).not.toThrow();
  });
});

describe('a prediction in Avro', () => {
  it('needs five fields; the rest have defaults', () => {
    const type = typeOf('Prediction.avsc');
    const least = { request_id: 'r1', model: 'fraud', version: 'v6', event_time: 1, score: 0.5 };
    const decoded: unknown = type.fromBuffer(
      type.toBuffer({ ...least, features: { amount: 3, country: 'DE', known: true, age: null } }),
    );
    expect(decoded).toMatchObject({
      row_index: 0,
      served: true,
      label: null,
      context: null,
      sampling_fraction: 1,
      features: { amount: 3, country: 'DE', known: true, age: null },
    });
  });
});
