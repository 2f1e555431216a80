import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEMO_ROLLOUTS, differsFromDescribed } from '../../../src/demo/rollouts.ts';

const PROMOTED = { ends: 'promoted', says: 'every step was passed' } as const;
const ENDED = {
  rolloutId: 'flights.1',
  decision: 'promoted',
  why: 'every step was passed (7)',
} as const;

test('all canaries are judged by one plan: only its name and its first line differ', () => {
  const plans = DEMO_ROLLOUTS.map(({ plan }) => {
    const text = readFileSync(new URL(`../../../src/demo/${plan}.yaml`, import.meta.url), 'utf8');
    expect(text).toContain(`metadata: { name: flights-${plan} }`);
    return text.split('\n').slice(1).join('\n').replace(`flights-${plan} }`, 'NAME }');
  });
  expect(plans).toHaveLength(4);
  expect(new Set(plans).size).toBe(1);
});

test('a rollout that ended as described, for the reason described, differs in nothing', () => {
  expect(differsFromDescribed(PROMOTED, ENDED)).toBeNull();
});

test('another end, or another reason, is named', () => {
  expect(differsFromDescribed(PROMOTED, { ...ENDED, decision: 'rolled_back' })).toBe(
    'flights.1 should have been promoted, and was rolled back',
  );
  expect(differsFromDescribed(PROMOTED, { ...ENDED, why: 'no window closed' })).toBe(
    'flights.1 should have said "every step was passed"',
  );
});
