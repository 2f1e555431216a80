import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/cli/style.ts';
import { verdictText } from '../../../src/cli/verdict-text.ts';
import { verdictOf } from '../../contract/fixtures/commit.ts';

const plain = styleFor({ isTTY: false, env: {} });

describe('a verdict for a person', () => {
  it('begins with the decision and its reason', () => {
    const [first] = verdictText(verdictOf(5), plain).split('\n');
    expect(first).toBe('rollback: disagreement crossed its limit');
  });

  it('shows each check with its numbers and its sentence', () => {
    const text = verdictText(verdictOf(5), plain);
    expect(text).toMatch(/disagreement +fail +rollback +0\.07 \(rate\) +0\.061 +0\.05 +4200 pairs/);
    expect(text).toContain('disagreement: the models disagree in 7 % of 700 pairs');
    expect(text).toMatch(/label-loss +inconclusive +none +- +- /);
  });

  it('shows in which cells the models differ, and leaves the table out when there are none', () => {
    expect(verdictText(verdictOf(5), plain)).toMatch(
      /context\.origin +EWR +60 +40 % +5\.8 +-0\.15/,
    );
    expect(verdictText({ ...verdictOf(5), drivers: [] }, plain)).not.toContain('WHERE THEY DIFFER');
  });

  it('colours the decision only when asked to', () => {
    const colored = styleFor({ isTTY: true, env: {} });
    expect(verdictText(verdictOf(5), colored)).toContain('\u001b[31mrollback');
    expect(verdictText(verdictOf(5), plain)).not.toContain('\u001b');
  });
});
