import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Plan } from '../core/events/plan.ts';
import type { ReferenceProfile } from '../core/events/profile.ts';
import { CoalmineError } from '../core/foundation/error.ts';

const role = z.enum(['score', 'label', 'class_probability', 'confidence', 'feature', 'context']);
const counts = z.array(z.int().min(0));

const numberCells = z
  .strictObject({
    field: z.strictObject({ name: z.string(), role, kind: z.literal('number') }),
    edges: z.array(z.number()),
    scaleBits: z.int().min(-100).max(60),
    referenceCounts: counts,
  })
  .refine(
    (cells) => cells.edges.every((edge, i) => i === 0 || edge > (cells.edges[i - 1] ?? edge)),
    {
      path: ['edges'],
      message: 'edges rise',
    },
  );

const categoryCells = z.strictObject({
  field: z.strictObject({ name: z.string(), role, kind: z.literal('category') }),
  categories: z.array(z.string()),
  overflow: z.boolean(),
  referenceCounts: counts,
});

const shape = z.strictObject({
  model: z.string(),
  currentVersion: z.string(),
  sampleCount: z.int().min(0),
  fromMs: z.number(),
  toMs: z.number(),
  fields: z.array(z.union([numberCells, categoryCells])),
  notWatched: z.array(z.string()),
});

/**
 * A reference profile from its JSON text.
 *
 * @throws CoalmineError `input_unreadable`, naming the file and the first member that is wrong
 */
export function readProfile(text: string, file: string): ReferenceProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notAProfile(file, 'it is not JSON', cause);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw notAProfile(
    file,
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown shape'}`,
    parsed.error,
  );
}

function notAProfile(file: string, why: string, cause: unknown): CoalmineError {
  return new CoalmineError('input_unreadable', `${file} is not a reference profile: ${why}`, {
    cause,
    hints: ['make one with: coalmine profile FILE... > profile.json'],
  });
}

/**
 * The profile that a plan names: it must be of the plan's model and current version; null when it names
 * none. A relative name is looked up from `folder`.
 *
 * @throws CoalmineError `input_missing`, `input_unreadable`, `input_foreign`
 */
export async function readReference(plan: Plan, folder = '.'): Promise<ReferenceProfile | null> {
  if (plan.reference.file === null) return null;
  const named = plan.reference.file;
  const file = isAbsolute(named) ? named : join(folder, named);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CoalmineError('input_missing', `the reference profile ${file} cannot be read`, {
      cause,
    });
  });
  const profile = readProfile(text, file);
  if (profile.model !== plan.model || profile.currentVersion !== plan.currentVersion) {
    throw new CoalmineError(
      'input_foreign',
      `${file} is the profile of ${profile.model} ${profile.currentVersion}, not of ${plan.model} ${plan.currentVersion}`,
      {
        hints: [`coalmine profile FILE... --model ${plan.model} --version ${plan.currentVersion}`],
      },
    );
  }
  return profile;
}
