import fc from 'fast-check';
import type { Stirring } from './drive.ts';

/** How members are stirred: few or many at once, from every record to a whole backlog. */
export const stirring: fc.Arbitrary<Stirring> = fc.record({
  joinerCount: fc.constantFrom(1, 2, 4),
  burst: fc.constantFrom(1, 3, 20, 1_000),
  moves: fc.array(fc.nat({ max: 63 }), { minLength: 1, maxLength: 40 }),
  readsOn: fc.boolean(),
});

const SECONDS = Number(process.env['COALMINE_TEST_SECONDS'] ?? 6);

/**
 * Runs so many times, but not for ever on a busy machine: at least as often as said.
 * COALMINE_TEST_SECONDS has it look for longer, and then as often as there is time.
 */
export async function assertRuns<T>(
  property: fc.IAsyncPropertyWithHooks<T>,
  runs: { readonly wanted: number; readonly least: number },
): Promise<void> {
  const details = await fc.check(property, {
    numRuns: process.env['COALMINE_TEST_SECONDS'] === undefined ? runs.wanted : 1e6,
    interruptAfterTimeLimit: SECONDS * 1_000,
    ...(process.env['FC_PATH'] === undefined
      ? {}
      : { seed: Number(process.env['FC_SEED']), path: process.env['FC_PATH'] }),
  });
  // An interrupted check may have found nothing: then there is no example.
  if (details.counterexample !== null) {
    const report = fc.defaultReportMessage(details) ?? 'failed';
    throw new Error(report, { cause: details.errorInstance });
  }
  if (details.numRuns < runs.least)
    throw new Error(`only ${details.numRuns} runs of ${runs.least} were done in time`);
}
