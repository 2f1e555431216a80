import { posix } from 'node:path';

/**
 * The rooms of the house, in the order of their imports: each may import itself and the rooms
 * named beside it. `adapters` is one room per folder.
 */
const CORE = {
  'core/foundation': [],
  'core/events': ['core/foundation'],
  'core/join': ['core/foundation', 'core/events'],
  'core/stats': ['core/foundation'],
  'core/windows': ['core/foundation', 'core/events', 'core/join', 'core/stats'],
  'core/verdict': ['core/foundation', 'core/events', 'core/join', 'core/stats', 'core/windows'],
  'core/rollout': [
    'core/foundation',
    'core/events',
    'core/join',
    'core/stats',
    'core/windows',
    'core/verdict',
  ],
} as const;

const ALL_CORE = Object.keys(CORE);

/** The packages that a room of the core may import; elsewhere in the core none. */
const CORE_PACKAGES: Readonly<Record<string, { readonly package: string; readonly in: RegExp }>> = {
  'core/foundation': { package: 'murmurhash', in: /\/hash\.ts$/ },
  'core/stats': { package: 'simple-statistics', in: /\.ts$/ },
};

/** The files that name both ports and their adapters: one for a replay, one for the service. */
export const COMPOSITION_ROOTS = ['src/app/wire.ts', 'src/app/service/wire-service.ts'];

/** `src/core/join/slots.ts` lies in `core/join`; `src/adapters/duckdb/x.ts` in `adapters/duckdb`. */
export function roomOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return first === 'core' || first === 'adapters' ? `${first}/${second}` : first;
}

export function isRoom(room: string): boolean {
  return mayImport(room) !== null;
}

/** Which rooms a room may import besides itself, or null when there is no such room. */
function mayImport(room: string): ((other: string) => boolean) | null {
  if (room in CORE) {
    const allowed: readonly string[] = CORE[room as keyof typeof CORE];
    return (other) => allowed.includes(other);
  }
  const core = (other: string) => ALL_CORE.includes(other);
  const line = (other: string) => core(other) || other === 'pipeline';
  if (room === 'core/report' || room === 'pipeline') return core;
  if (room.startsWith('adapters/')) return line;
  // What other programs import: the contract and the adapters, nothing of the line.
  if (room === 'producer' || room === 'verdicts') {
    return (other) => core(other) || other.startsWith('adapters/');
  }
  // The server shows what it is handed: it knows nothing of the app, which opens it.
  if (room === 'server') return line;
  // Reports are made of what is stored: the line, which stores it, knows nothing of them.
  const reported = (other: string) => line(other) || other === 'core/report';
  if (room === 'app') {
    return (other) => reported(other) || other.startsWith('adapters/') || other === 'server';
  }
  const edge = (other: string) => reported(other) || other === 'app';
  if (room === 'cli') return edge;
  // The demo is the command line's own tables and progress, shown on data of its own; over Kafka it
  // stands at both ends, as other people's programs do.
  if (room === 'demo') {
    const ends = ['cli', 'producer', 'verdicts'];
    return (other) => edge(other) || ends.includes(other);
  }
  return null;
}

/** Why this import is not allowed, or null when it is. */
export function importBreach(path: string, specifier: string): string | null {
  const room = roomOf(path);
  const allowed = mayImport(room);
  if (allowed === null) return `${room} is not a room of the house`;
  if (specifier.startsWith('.')) {
    if (!/\.(ts|json)$/.test(specifier)) return `${specifier} has no file ending`;
    const other = roomOf(posix.join(posix.dirname(path), specifier));
    return other === room || allowed(other) ? null : `${room} may not import ${other}`;
  }
  if (room === 'pipeline') return `the pipeline imports no package, but ${specifier}`;
  if (!room.startsWith('core/')) return null;
  const exception = CORE_PACKAGES[room];
  if (exception?.package === specifier && exception.in.test(path)) return null;
  return `the core imports no package, but ${specifier}`;
}
