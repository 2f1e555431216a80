import { z } from 'zod';
import { planShape } from './shape.ts';

/** The JSON schema of the YAML that a user writes, for editors; `schemas/plan.schema.json` is this. */
export function planJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://coalmine.dev/schemas/plan.schema.json',
    title: 'a coalmine plan',
    ...z.toJSONSchema(planShape, { io: 'input' }),
  };
}
