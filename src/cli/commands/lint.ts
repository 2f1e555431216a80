import type { PlanResult } from '../../app/plan/parse.ts';
import type { PlanProblem } from '../../app/plan/problem.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { answer, type Io } from '../output.ts';
import { countText } from '../plan-file.ts';
import type { Verb } from '../verb.ts';

interface LintOptions {
  readonly defaults?: true;
}

export const lintVerb: Verb = {
  define(program, run) {
    program
      .command('lint')
      .description('check a plan; each problem is named with its line, key and valid values')
      .argument('[plan]', 'the plan, a YAML file')
      .option('--defaults', 'print the default plan instead')
      .action((file: string | undefined, options: LintOptions) =>
        run((io) => (options.defaults ? printDefaults(io, file) : lint(io, file))),
      );
  },
};

async function lint(io: Io, file: string | undefined): Promise<ExitCode> {
  if (file === undefined) {
    throw new CoalmineError('usage', 'which plan?', {
      hints: ['coalmine lint PLAN.yaml', 'coalmine lint --defaults prints one to start from'],
    });
  }
  const [{ loadPlan }, { formatProblems }] = await Promise.all([
    import('../../app/plan/parse.ts'),
    import('../../app/plan/problem.ts'),
  ]);
  const result = await loadPlan(file);
  const text = () => {
    const found = result.ok ? result.warnings : result.problems;
    return [formatProblems(found), summary(file, result, io)]
      .filter((part) => part !== '')
      .join('\n');
  };
  await answer(io, { value: lintValue(file, result), text });
  return result.ok ? EXIT.pass : EXIT.error;
}

function summary(file: string, result: PlanResult, io: Io): string {
  if (!result.ok) {
    return io.style.red(`${file} has ${countText(result.problems.length, 'problem')}`);
  }
  const { plan, warnings } = result;
  const parts = [
    `rollout ${plan.name} of ${plan.model}, ${plan.currentVersion} to ${plan.canaryVersion}`,
    countText(plan.steps.length, 'step'),
    countText(plan.metrics.length, 'metric'),
    countText(warnings.length, 'warning'),
  ];
  return `${io.style.green(`${file} is valid`)}: ${parts.join(', ')}`;
}

function lintValue(file: string, result: PlanResult): unknown {
  if (!result.ok) {
    return { file, valid: false, problems: result.problems.map(problemValue), warnings: [] };
  }
  return {
    file,
    valid: true,
    policy_digest: result.digest,
    problems: [],
    warnings: result.warnings.map(problemValue),
  };
}

function problemValue(problem: PlanProblem): unknown {
  const { line, column, key, message, suggestion } = problem;
  return { line, column, key, message, valid_values: problem.validValues, suggestion };
}

async function printDefaults(io: Io, file: string | undefined): Promise<ExitCode> {
  if (file !== undefined) {
    throw new CoalmineError('usage', '--defaults prints the default plan; it checks no file', {
      hints: [`coalmine lint ${file}`, 'coalmine lint --defaults'],
    });
  }
  const [{ defaultPlanText }, { parse }] = await Promise.all([
    import('../../app/plan/defaults.ts'),
    import('yaml'),
  ]);
  const text = defaultPlanText();
  await answer(io, { value: parse(text), text: () => text });
  return EXIT.pass;
}
