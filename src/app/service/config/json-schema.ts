import { z } from 'zod';
import { serviceShape } from './shape.ts';

/** The JSON schema of `coalmine.yaml`, for editors; `schemas/service.schema.json` is this. */
export function serviceJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://coalmine.dev/schemas/service.schema.json',
    title: 'the config of the coalmine service',
    ...z.toJSONSchema(serviceShape, { io: 'input' }),
  };
}
