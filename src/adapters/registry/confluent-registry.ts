import { setTimeout as sleep } from 'node:timers/promises';
import { COMPATIBILITY, SchemaType } from '@kafkajs/confluent-schema-registry';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { KnownSchema, SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import {
  type Answer,
  accessHints,
  type Call,
  callRegistry,
  type RegistryAccess,
  wordsOf,
} from './registry-call.ts';

const RACE_TRIES = 5;
const RACE_WAIT_MS = 20;

/** A registry with Confluent's HTTP interface. `wait` is for tests, which do not. */
export function confluentRegistry(
  access: RegistryAccess,
  wait: (ms: number) => Promise<void> = sleep,
): SchemaRegistrar {
  const line = { access, wait };
  return {
    schemaOf: async (id) =>
      await callRegistry(
        line,
        async ({ registry, answers }) => {
          await registry.getSchema(id);
          return knownSchema(id, answers);
        },
        (call, error) => unreadSchema(access, { id, call }, error),
      ),
    idOf: async (subject, text) =>
      await callRegistry(
        line,
        async (call) => {
          for (let tries = 1; ; tries += 1) {
            try {
              return await registeredId(call, subject, text);
            } catch (error) {
              if (tries === RACE_TRIES || !isRace(error)) throw error;
              await wait(RACE_WAIT_MS * tries);
            }
          }
        },
        ({ answers }, error) => {
          const why = wordsOf(error);
          const message = `the registry refused the schema of '${subject}': ${why}`;
          const hints = accessHints({ status: answers.at(-1)?.status ?? null, why });
          throw new CoalmineError('registry_refused', message, { cause: error, hints });
        },
      ),
  };
}

/** A schema as the registry wrote it: the client's own copy has lost its logical types. */
function knownSchema(id: number, answers: readonly Answer[]): KnownSchema {
  const [first, ...others] = answers;
  const own = bodyOf(first);
  if (own.schema === null) {
    return { kind: 'unknown', detail: `the registry's answer for schema ${id} holds none` };
  }
  if (own.type !== 'AVRO')
    return { kind: 'unknown', detail: `schema ${id} is ${own.type}, and only Avro is read` };
  // The client asks for what a schema refers to from the outside in: the innermost is needed first.
  const named = others.flatMap((answer) => bodyOf(answer).schema ?? []).reverse();
  return { kind: 'avro', text: own.schema, named };
}

function bodyOf(answer: Answer | undefined): {
  readonly schema: string | null;
  readonly type: string;
} {
  const body: unknown = answer?.body;
  if (typeof body !== 'object' || body === null) return { schema: null, type: 'AVRO' };
  const schema = 'schema' in body && typeof body.schema === 'string' ? body.schema : null;
  const type =
    'schemaType' in body && typeof body.schemaType === 'string' ? body.schemaType : 'AVRO';
  return { schema, type };
}

/** What the client could not read, and why: an id that is not there is an answer. */
function unreadSchema(
  { url }: RegistryAccess,
  { id, call }: { readonly id: number; readonly call: Call },
  error: unknown,
): KnownSchema {
  const last = call.answers.at(-1);
  if (last?.status === 404 && !last.isWordless)
    return { kind: 'unknown', detail: `the registry has no schema ${id}` };
  // It was found, and the client cannot parse it: the decoder says what is wrong with it.
  if (last?.status === 200) return knownSchema(id, call.answers);
  const why = wordsOf(error);
  const message = `the registry at ${url} refused to give schema ${id}: ${why}`;
  const hints = [
    ...accessHints({ status: last?.status ?? null, why }),
    'is this the address of a schema registry, with the path that it needs?',
  ];
  throw new CoalmineError('registry_refused', message, { cause: error, hints });
}

/** The id of a schema under a subject. A new subject is made backward compatible; one that is there keeps its rule. */
async function registeredId(call: Call, subject: string, text: string): Promise<number> {
  const schema = { type: SchemaType.AVRO, schema: text } as const;
  const { registry, answers } = call;
  try {
    return await registry.getRegistryIdBySchema(subject, schema);
  } catch (error) {
    if (answers.at(-1)?.status !== 404) throw error;
  }
  try {
    return (await registry.register(schema, { subject, compatibility: COMPATIBILITY.BACKWARD })).id;
  } catch (error) {
    const own = compatibilityOf(answers.at(-1));
    if (own === null) throw error;
    return (await registry.register(schema, { subject, compatibility: own })).id;
  }
}

/** Others make the same subject at this moment: its schema, or its rule, is there by now. */
function isRace(error: unknown): boolean {
  return /already exists|does not match the configuration/i.test(wordsOf(error));
}

/** The rule that a subject has, when that was the last thing the client asked: it expected another. */
function compatibilityOf(answer: Answer | undefined): COMPATIBILITY | null {
  const body: unknown = answer?.body;
  if (typeof body !== 'object' || body === null || !('compatibilityLevel' in body)) return null;
  return Object.values(COMPATIBILITY).find((one) => one === body.compatibilityLevel) ?? null;
}
