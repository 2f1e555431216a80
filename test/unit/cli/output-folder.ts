import { openDuckDbStore } from '../../../src/adapters/duckdb/store.ts';
import type { RolloutEvent } from '../../../src/core/events/routing.ts';
import { commitOf, eventOf } from '../../contract/fixtures/commit.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';

/** An output folder as a run of seven windows leaves it: rolled back after the sixth. */
export async function rolledBackFolder(): Promise<string> {
  return await outputFolder(7, [
    eventOf(0),
    { ...eventOf(6), kind: 'rolled_back', share: 0, reason: 'disagreement crossed its limit' },
  ]);
}

/** An output folder after so many windows, at the last of which these things happened. */
export async function outputFolder(
  windowCount: number,
  events: readonly RolloutEvent[] = [],
): Promise<string> {
  const folder = await testFolder();
  const store = await openDuckDbStore({ folder });
  for (let i = 0; i < windowCount; i++) {
    await store.commit({ ...commitOf(i), events: i === windowCount - 1 ? events : [] });
  }
  await store.publish();
  await store.close();
  return folder;
}
