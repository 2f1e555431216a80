import { locate } from './locate.ts';
import type { Finding, PlanProblem } from './problem.ts';
import type { YamlText } from './yaml-text.ts';

/** Findings with their places, in the order of the text; two of one key that say the same are one. */
export function placeFindings(
  findings: readonly Finding[],
  source: YamlText & { readonly file: string },
): readonly PlanProblem[] {
  const problems = findings.map((finding) => ({
    file: source.file,
    ...locate(source.document, source.lines, finding.path),
    key: finding.path.join('.'),
    message: finding.message,
    validValues: finding.validValues ?? [],
    suggestion: finding.suggestion ?? null,
  }));
  const distinct = new Map(
    problems.map((problem) => [`${problem.key} ${problem.message}`, problem]),
  );
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
