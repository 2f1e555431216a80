/** Other people's words for what a plan calls current and canary. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  champion: 'current',
  control: 'current',
  baseline: 'current',
  primary: 'current',
  stable: 'current',
  candidate: 'canary',
  challenger: 'canary',
  weight: 'setWeight',
};

/**
 * The choice that was probably meant: another spelling, a few typing errors, a part of the word,
 * or another product's word. Null when nothing is near.
 *
 * @example nearest('minSample', ['minPairs', 'minSamples']) // 'minSamples'
 */
export function nearest(word: string, choices: readonly string[]): string | null {
  const plain = simplified(word);
  const foreign = FOREIGN_WORDS[plain];
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const choice of choices) {
    const distance = editDistance(plain, simplified(choice));
    if (distance < bestDistance) {
      best = choice;
      bestDistance = distance;
    }
  }
  if (best !== null) return best;
  if (foreign !== undefined && choices.includes(foreign)) return foreign;
  return choices.find((choice) => containsWord(simplified(choice), plain)) ?? null;
}

function simplified(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

function containsWord(choice: string, word: string): boolean {
  return (
    (word.length >= 4 && choice.includes(word)) || (choice.length >= 4 && word.includes(choice))
  );
}

/** Levenshtein's distance, with a transposition of neighbours as one error. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(substitution, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
