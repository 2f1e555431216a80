/** A seeded source of numbers in [0, 1): mulberry32, the generator that the golden files name. */
export type Random = () => number;

export function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Nearly normal, mean 0, variance 1: twelve uniforms less six, in the order the golden files fix. */
export function sum12(random: Random): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += random();
  return sum - 6;
}

/** Number of successes in so many independent trials, by inversion: exact, for small means. */
export function binomialDraw(random: Random, trials: number, rate: number): number {
  if (rate <= 0 || trials === 0) return 0;
  if (rate >= 1) return trials;
  const odds = rate / (1 - rate);
  let probability = (1 - rate) ** trials;
  let left = random();
  let events = 0;
  while (left >= probability && events < trials) {
    left -= probability;
    probability *= (odds * (trials - events)) / (events + 1);
    events += 1;
  }
  return events;
}
