import { type Check, worstOf } from '../app/service/doctor/check.ts';
import { countText } from './plan-file.ts';
import type { Style } from './style.ts';

/** Every line that the doctor says, what mends it below, and how many of which there are. */
export function doctorText(checks: readonly Check[], style: Style): string {
  const width = Math.max(0, ...checks.map(({ area }) => area.length));
  const lines = checks.flatMap(({ area, subject, status, seen, mend }) => [
    `${statusText(status, style)} ${area.padEnd(width)}  ${style.bold(subject)}: ${seen}`,
    ...(mend === null ? [] : [`${' '.repeat(width + 10)}${style.dim('mend:')} ${mend}`]),
  ]);
  return [...lines, '', summary(checks, style)].join('\n');
}

function statusText(status: Check['status'], style: Style): string {
  const text = status.padEnd(7);
  switch (status) {
    case 'ok':
      return style.green(text);
    case 'warning':
      return style.yellow(text);
    case 'error':
      return style.red(text);
  }
}

function summary(checks: readonly Check[], style: Style): string {
  const count = (status: Check['status']) => checks.filter((one) => one.status === status).length;
  const parts = [
    `${count('ok')} ok`,
    countText(count('warning'), 'warning'),
    countText(count('error'), 'error'),
  ];
  const text = parts.join(', ');
  switch (worstOf(checks)) {
    case 'ok':
      return style.green(text);
    case 'warning':
      return style.yellow(text);
    case 'error':
      return style.red(text);
  }
}
