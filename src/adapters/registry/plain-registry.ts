import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { confluentRegistry } from './confluent-registry.ts';

/** How a program that imports us says who it is to the registry. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string }
  | { readonly token: string };

const TIMEOUT_MS = 10_000;

/** A registry by plain values, for the parts that other programs import. */
export function plainRegistry(url: string, login?: RegistryLogin): SchemaRegistrar {
  return confluentRegistry({ url, auth: authOf(login), timeoutMs: TIMEOUT_MS });
}

function authOf(login: RegistryLogin | undefined): Parameters<typeof confluentRegistry>[0]['auth'] {
  if (login === undefined) return null;
  if ('token' in login) return { kind: 'bearer', token: { reveal: () => login.token } };
  const { username, password } = login;
  return { kind: 'basic', username, password: { reveal: () => password } };
}
