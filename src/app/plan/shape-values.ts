import { z } from 'zod';
import { DURATION_EXAMPLES, DURATION_PATTERN, POSITIVE_DURATION_PATTERN } from './duration.ts';

/*
 * The scalars of a plan. `title` is the phrase that messages use after "must be"; `examples` are
 * the valid values that they list. Both also serve editors through the JSON schema.
 */

export const duration = z
  .string()
  .regex(DURATION_PATTERN)
  .meta({
    title: 'a duration: a whole number and a unit (ms, s, m, h, d)',
    examples: [...DURATION_EXAMPLES],
  });

export const positiveDuration = z
  .string()
  .regex(POSITIVE_DURATION_PATTERN)
  .meta({
    title: 'a duration above zero: a whole number and a unit (ms, s, m, h, d)',
    examples: [...DURATION_EXAMPLES],
  });

export const rate = z.number().min(0).max(1);

export const rateAboveZero = z.number().gt(0).max(1);

/** Percent of the traffic, as in Argo and Flagger; a bucket is 0.01 %. */
export const weightPercent = z
  .number()
  .min(0.01)
  .max(100)
  .multipleOf(0.01)
  .meta({ title: 'a percentage from 0.01 to 100, in steps of 0.01', examples: [1, 5, 50, 100] });

export const count = z.int().min(0);

export const positiveCount = z.int().min(1);

export const text = z.string().min(1).max(200).meta({ title: 'text of 1 to 200 characters' });

export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/)
  .meta({ title: 'a name: letters, digits, - and _, at most 100', examples: ['fraud-v7'] });

export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
  .meta({ title: 'the name of an environment variable', examples: ['SLACK_URL'] });

export const consequence = z.enum(['rollback', 'hold', 'warn']);

export const tolerance = z
  .strictObject({ ratio: z.number().min(1).optional(), difference: z.number().min(0).optional() })
  .describe('Exceeded when both are: more than `ratio` times, and more than `difference` above.');

export const webAddress = z
  .string()
  .regex(/^https?:\/\/\S+$/)
  .meta({ title: 'an http or https address', examples: ['https://example.com/hook'] });
