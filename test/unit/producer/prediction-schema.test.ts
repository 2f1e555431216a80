import { describe, expect, it } from 'vitest';
import { avroType, schemaText, typeOfSchema } from '../../../src/adapters/avro/schema-file.ts';
import { checkPrediction } from '../../../src/producer/check-event.ts';
import { predictionSchema } from '../../../src/producer/prediction-schema.ts';

const DECLARED = {
  features: { amount: 'number', country: 'string', is_new: 'boolean' },
  context: { channel: 'string' },
} as const;

const EVENT = {
  request_id: 'r-81',
  model: 'fraud',
  version: 'v7',
  event_time: 1_795_168_800_042,
  score: 0.83,
};

describe('the schema of a producer', () => {
  it('is that of the repository when nothing is declared', () => {
    expect(predictionSchema({})).toBe(schemaText('Prediction'));
  });

  it('has a record of nullable fields in the place of a map that is declared', () => {
    const schema = typeOfSchema(predictionSchema(DECLARED));
    const features = { amount: 12.5, country: 'DE', is_new: true };
    const record = checkPrediction({ ...EVENT, features, context: { channel: 'app' } }, DECLARED);
    expect(schema.fromBuffer(schema.toBuffer(record))).toMatchObject({
      ...record,
      features,
      context: { channel: 'app' },
    });
    const bare = checkPrediction(EVENT, DECLARED);
    expect(schema.fromBuffer(schema.toBuffer(bare))).toMatchObject({
      features: { amount: null, country: null, is_new: null },
      context: null,
    });
  });

  it('writes the same features in fewer bytes than a map', () => {
    const features = { amount: 12.5, country: 'DE', is_new: true };
    const record = checkPrediction({ ...EVENT, features }, DECLARED);
    const declared = typeOfSchema(predictionSchema(DECLARED)).toBuffer(record).length;
    expect(declared).toBeLessThan(avroType('Prediction').toBuffer(record).length);
  });

  it('may gain a feature: the new schema reads what the old one wrote', () => {
    const before = typeOfSchema(predictionSchema({ features: { amount: 'number' } }));
    const after = typeOfSchema(
      predictionSchema({ features: { amount: 'number', country: 'string' } }),
    );
    const bytes = before.toBuffer(checkPrediction({ ...EVENT, features: { amount: 2 } }, {}));
    const read: unknown = after.fromBuffer(bytes, after.createResolver(before));
    expect(read).toMatchObject({ features: { amount: 2, country: null } });
  });

  it('refuses a name that Avro cannot have', () => {
    expect(() => predictionSchema({ features: { 'days since': 'number' } })).toThrow(
      'the field "days since" cannot be declared',
    );
  });
});
