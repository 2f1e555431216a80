import { z } from 'zod';
import { text } from '../../plan/shape-values.ts';
import { topicName } from './shape-values.ts';

const PATH_FORMS = [
  '$.a.b',
  "$['a b']",
  '$.list[0]',
  '$$.name',
  '@key',
  '@header.name',
  '@timestamp',
];

const recordPath = z.string().min(1).max(500).meta({ title: 'a path', examples: PATH_FORMS });

const selector = z.union([
  recordPath,
  z.number(),
  z.boolean(),
  z.strictObject({
    constant: z
      .union([z.string(), z.number(), z.boolean(), z.null()])
      .describe('The same for every record.'),
  }),
]);

const selectors = z.record(z.string(), selector);

const values = z.union([recordPath, z.array(text).min(1).max(2000)]);

const arm = z.union([recordPath, selectors]);

const fieldMap = z
  .strictObject({
    fields: selectors
      .default({})
      .describe(
        'Fields of a prediction or an outcome, each with the place of its value. A number, true, false or `{ constant: text }` is the same for every record.',
      ),
    features: values
      .optional()
      .describe(
        'The object that holds the features, or a list of the fields that are some. Default: `$.features`.',
      ),
    context: values.optional().describe('The same for the context. Default: `$.context`.'),
    arms: z
      .strictObject({
        current: arm.describe('A path, or fields with their places.'),
        canary: arm.describe('The same.'),
      })
      .optional()
      .describe(
        'Both answers in one record: what differs, by arm; a path alone is the object that holds the arm.',
      ),
    rows: recordPath.optional().describe('A list in the record: each entry is a prediction.'),
  })
  .describe(
    "Turns other people's records into predictions and outcomes; a field that is not named is taken by its own name.",
  );

const fieldNames = z.array(text).max(2000);

const privacy = z
  .strictObject({
    drop: fieldNames.default([]).describe('Removed: `feature.x`, `context.x`, `unit_id`.'),
    hash: fieldNames
      .default([])
      .describe('Replaced by a keyed hash: equal values stay equal. Needs privacyKeyFrom.'),
    keep: fieldNames.optional().describe('Only these features and context fields. Default: all.'),
    keepDeadLetterPayload: z
      .boolean()
      .default(false)
      .describe(
        'Whether dead letters hold the bytes of the record, as they came; without them none can be retried.',
      ),
  })
  .describe('What is done to fields before anything is kept.');

export const inputShape = z.strictObject({
  topic: topicName.describe('A topic that other people write: predictions or outcomes.'),
  format: z
    .enum(['avro', 'json'])
    .default('avro')
    .describe('avro: as Confluent writes it, with the id of a schema in front.'),
  fieldMap: fieldMap.optional(),
  privacy: privacy.prefault({}),
});

export type InputDocument = z.output<typeof inputShape>;
export type SelectorDocument = z.output<typeof selector>;
export type ArmDocument = z.output<typeof arm>;
