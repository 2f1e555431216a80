import type { NotificationTarget, RoutingTarget } from '../../core/events/plan.ts';
import type { Finding, PlanPath } from './problem.ts';
import type { NotificationDocument, RoutingDocument } from './shape.ts';

/**
 * Looks an environment variable up. Not set: undefined where that is an error, null where the target
 * may then be left out.
 */
export type EnvironmentLookup = (name: string) => string | undefined | null;

/** Targets with their addresses, and what stood in the way of the others. */
export interface ResolvedTargets {
  readonly targets: readonly NotificationTarget[];
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * Notification targets with their addresses read from the environment. Without a lookup (lint),
 * targets whose address is there are left out, each with a warning.
 */
export function resolveNotifications(
  documents: readonly NotificationDocument[],
  environment: EnvironmentLookup | null,
): ResolvedTargets {
  const targets: NotificationTarget[] = [];
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  documents.forEach((document, i) => {
    const hook = document.webhook ?? document.slack;
    if (hook === undefined) {
      targets.push({ kind: 'log' });
      return;
    }
    const path = ['spec', 'notifications', i, document.webhook === undefined ? 'slack' : 'webhook'];
    const secretFrom = document.webhook?.secretFrom;
    const names = [hook.urlFrom, secretFrom].filter((name) => name !== undefined);
    if (environment === null && names.length > 0) {
      warnings.push({ path, message: `not looked up here: ${names.join(', ')}` });
      return;
    }
    const lookup = environment ?? (() => undefined);
    const missing = names.filter((name) => lookup(name) === null);
    if (missing.length > 0) {
      const message = `${missing.join(', ')} is not set: nobody is told through this`;
      warnings.push({ path, message });
      return;
    }
    const problems = [
      ...addressFindings(path, hook.urlFrom, lookup),
      ...unsetFindings(path, 'secretFrom', secretFrom, lookup),
    ];
    errors.push(...problems);
    const url = hook.url ?? lookup(hook.urlFrom ?? '');
    if (problems.length > 0 || url === undefined || url === null) return;
    const secret = secretFrom === undefined ? null : (lookup(secretFrom) ?? null);
    targets.push({ kind: 'webhook', url, secret });
  });
  return { targets, errors, warnings };
}

function addressFindings(
  path: PlanPath,
  name: string | undefined,
  lookup: EnvironmentLookup,
): readonly Finding[] {
  const unset = unsetFindings(path, 'urlFrom', name, lookup);
  if (name === undefined || unset.length > 0) return unset;
  if (/^https?:\/\/\S+$/.test(lookup(name) ?? '')) return [];
  const message = `the environment variable ${name} must hold an http or https address`;
  return [{ path: [...path, 'urlFrom'], message }];
}

function unsetFindings(
  path: PlanPath,
  key: string,
  ...[name, lookup]: [string | undefined, EnvironmentLookup]
): readonly Finding[] {
  if (name === undefined || (lookup(name) ?? '') !== '') return [];
  return [{ path: [...path, key], message: `the environment variable ${name} is not set` }];
}

/** Routing targets as the plan type holds them. */
export function fillRouting(documents: readonly RoutingDocument[]): readonly RoutingTarget[] {
  return documents.map(({ file }) =>
    file === undefined ? { kind: 'memory' } : { kind: 'file', path: file.path },
  );
}
