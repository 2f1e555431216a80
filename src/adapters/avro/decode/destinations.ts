import type { FieldRole } from '../../../core/events/field.ts';
import type { FieldSources } from '../../../core/events/field-map-compile.ts';
import type { CompiledPrivacy } from '../../../core/events/privacy.ts';
import type { ParsedSelector } from '../../../core/events/select-field.ts';

/** Places of a program for what every prediction has. */
export const REGISTERS = [
  'request_id',
  'unit_id',
  'error',
  'model',
  'version',
  'row_index',
  'event_time',
  'session_start',
  'served',
  'latency_ms',
  'sampling_fraction',
  'arrival_time',
] as const;
export type Register = (typeof REGISTERS)[number];

/** Where a value of a writer's record goes. */
export type Destination =
  | { readonly kind: 'register'; readonly register: Register }
  | { readonly kind: 'column'; readonly role: FieldRole; readonly name: string }
  /** Each entry of a map, or each field of a record, to a column of its own. */
  | { readonly kind: 'columns'; readonly role: 'feature' | 'context' | 'class_probability' }
  | { readonly kind: 'items' };

/** A place in a writer's record: what is done there, and what lies below. */
export interface Place {
  destination: Destination | null;
  readonly below: Map<string, Place>;
}

/** What a value that is the same in every record must be; of other fields it cannot be one. */
const CONSTANT_TYPES: Readonly<Record<Register, 'string' | 'number' | 'boolean' | null>> = {
  request_id: null,
  unit_id: null,
  error: null,
  model: 'string',
  version: 'string',
  row_index: 'number',
  event_time: 'number',
  session_start: 'number',
  served: 'boolean',
  latency_ms: 'number',
  sampling_fraction: 'number',
  arrival_time: 'number',
};

/** A value that is the same in every record. */
export interface Constant {
  readonly register: Register;
  readonly value: string | number | boolean;
}

export interface Destinations {
  readonly root: Place;
  readonly constants: readonly Constant[];
}

/**
 * What goes where, as far as plain paths into a record say it; null when they do not: then a
 * record is read whole and mapped afterwards.
 */
export function destinationsOf(
  sources: FieldSources,
  privacy: CompiledPrivacy,
): Destinations | null {
  // A hash is made of a text, and texts are what compiled reading avoids.
  if (privacy.hashesAnything) return null;
  const root = newPlace();
  const constants: Constant[] = [];
  const put = (selector: ParsedSelector, destination: Destination): boolean =>
    isPlain(selector) && place(root, selector.steps, destination);
  for (const [field, selector] of sources.fields) {
    if (field === 'metric' || field === 'value') continue;
    if (field === 'unit_id' && privacy.treatmentOf(field) === 'drop') continue;
    const destination = destinationOf(field);
    if (selector.from === 'constant') {
      if (selector.value === null) continue;
      if (destination.kind !== 'register') return null;
      const { register } = destination;
      if (typeof selector.value !== CONSTANT_TYPES[register]) return null;
      constants.push({ register, value: selector.value });
    } else if (!put(selector, destination)) return null;
  }
  for (const [role, source] of [
    ['feature', sources.features],
    ['context', sources.context],
  ] as const) {
    const all: readonly (readonly [ParsedSelector, Destination])[] =
      'path' in source
        ? [[source.path, { kind: 'columns', role }]]
        : source.names
            .filter((name) => privacy.treatmentOf(`${role}.${name}`) === 'keep')
            .map((name) => [
              { from: 'row', steps: [name] },
              { kind: 'column', role, name: `${role}.${name}` },
            ]);
    if (!all.every(([selector, destination]) => put(selector, destination))) return null;
  }
  return { root, constants };
}

type PlainSelector = ParsedSelector & { readonly steps: readonly string[] };

function isPlain(selector: ParsedSelector): selector is PlainSelector {
  return 'steps' in selector && selector.steps.every((step) => typeof step === 'string');
}

function newPlace(): Place {
  return { destination: null, below: new Map() };
}

/** False when one value would have to go to two places, or is a part of another one. */
function place(root: Place, steps: readonly string[], destination: Destination): boolean {
  let at = root;
  for (const step of steps) {
    if (at.destination !== null) return false;
    const next = at.below.get(step) ?? newPlace();
    at.below.set(step, next);
    at = next;
  }
  if (at === root || at.destination !== null || at.below.size > 0) return false;
  at.destination = destination;
  return true;
}

function destinationOf(field: string): Destination {
  const register = REGISTERS.find((one) => one === field);
  if (register !== undefined) return { kind: 'register', register };
  if (field === 'items') return { kind: 'items' };
  if (field === 'class_probabilities') return { kind: 'columns', role: 'class_probability' };
  const role = field === 'score' || field === 'confidence' ? field : 'label';
  return { kind: 'column', role, name: role };
}
