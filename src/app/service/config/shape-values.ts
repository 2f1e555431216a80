import { z } from 'zod';
import { environmentName, positiveDuration } from '../../plan/shape-values.ts';

/*
 * The scalars of the service config. As in a plan, `title` is the phrase behind "must be", and
 * `examples` are the valid values that a message lists.
 */

export const path = z
  .string()
  .min(1)
  .max(1000)
  .meta({ title: 'the path of a file', examples: ['secrets/file.pem'] });

export const hostPort = z
  .string()
  .regex(/^(?:[^\s:/@[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/)
  .meta({ title: 'a host and a port', examples: ['127.0.0.1:9092', 'kafka.example.com:9093'] });

/** No user and no password: they would be printed wherever the address is. */
export const address = z
  .string()
  .regex(/^https?:\/\/[^\s@/?#]+(?:[/?#]\S*)?$/)
  .meta({
    title: 'an http or https address without a user or a password in it',
    examples: ['http://127.0.0.1:8081'],
  });

export const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/)
  .meta({
    title: 'a name for Kafka: letters, digits, dots, - and _, at most 249',
    examples: ['predictions.current'],
  });

export const words = z.string().min(1).max(500).meta({ title: 'text of 1 to 500 characters' });

export const partitions = z.int().min(1).max(10_000);

export const retention = z
  .union([positiveDuration, z.literal('forever')])
  .meta({ examples: ['7d', 'forever'] });

/** Where a secret is; exactly one of the two. */
export const secretSource = z
  .strictObject({
    env: environmentName
      .optional()
      .describe(
        'The environment variable that holds it; else the one named with _FILE at its end, which names a file.',
      ),
    file: path.optional().describe('The file that holds it; a line end at its end is left out.'),
  })
  .meta({
    title: 'the place of a secret: { env: NAME } or { file: PATH }',
    examples: ['{ env: NAME }', '{ file: PATH }'],
  });
