import { readFile } from 'node:fs/promises';
import type { Plan } from '../../core/events/plan.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { defaultMetrics } from './defaults.ts';
import { planDigest } from './digest.ts';
import { fillPlan } from './fill.ts';
import { lintDocument } from './lint.ts';
import { fillMetrics } from './metrics.ts';
import { placeFindings } from './place-findings.ts';
import type { Finding, PlanProblem } from './problem.ts';
import { planShape } from './shape.ts';
import { shapeFindings } from './shape-problems.ts';
import { type EnvironmentLookup, resolveNotifications } from './targets.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

/** A plan with its policy digest and what is doubtful in it, or everything that is wrong with it. */
export type PlanResult =
  | {
      readonly ok: true;
      readonly plan: Plan;
      readonly digest: string;
      readonly warnings: readonly PlanProblem[];
    }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] };

/** The text of a plan while its findings are turned into problems. */
type Source = YamlText & { readonly file: string };

/**
 * Reads a plan. `file` only names it in problems. Addresses that the plan takes from environment
 * variables are read through `environment`; without it (lint) such notifications are left out, with
 * a warning.
 */
export function parsePlan(
  text: string,
  file: string,
  environment: EnvironmentLookup | null = null,
): PlanResult {
  const yaml = readYaml(text);
  if (!yaml.ok) return { ok: false, problems: yaml.faults.map((fault) => ({ file, ...fault })) };
  return readDocument(yaml.value, { file, ...yaml }, environment);
}

/**
 * Reads a plan from a file.
 *
 * @throws CoalmineError `input_missing` or `input_unreadable`
 */
export async function loadPlan(
  path: string,
  environment: EnvironmentLookup | null = null,
): Promise<PlanResult> {
  return parsePlan(await readPlanText(path), path, environment);
}

function readDocument(
  input: unknown,
  source: Source,
  environment: EnvironmentLookup | null,
): PlanResult {
  const shape = planShape.safeParse(input);
  if (!shape.success) return failed(shapeFindings(shape.error.issues, input), source);
  const lint = lintDocument(shape.data);
  const { spec } = shape.data;
  const notifications = resolveNotifications(spec.notifications, environment);
  const errors = [...lint.errors, ...notifications.errors];
  if (errors.length > 0) return failed(errors, source);
  const metrics = spec.metrics === undefined ? defaultMetrics() : fillMetrics(spec.metrics, true);
  const plan = fillPlan(shape.data, metrics, notifications.targets);
  const warnings = placeFindings([...lint.warnings, ...notifications.warnings], source);
  return { ok: true, plan, digest: planDigest(plan), warnings };
}

function failed(findings: readonly Finding[], source: Source): PlanResult {
  return { ok: false, problems: placeFindings(findings, source) };
}

/**
 * The text of a plan's file.
 *
 * @throws CoalmineError `input_missing` or `input_unreadable`
 */
export async function readPlanText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new CoalmineError(
      missing ? 'input_missing' : 'input_unreadable',
      missing ? `the plan ${path} does not exist` : `the plan ${path} cannot be read`,
      { cause },
    );
  }
}
