import { openDuckDbStore } from '../../../src/adapters/duckdb/store.ts';
import { commitOf } from '../../contract/fixtures/commit.ts';

/**
 * Commits window after window into a folder, publishing every seventh, and says on stdout what is
 * durable: a line for each commit after it returned. Runs until it is killed.
 */
const [folder = ''] = process.argv.slice(2);
const store = await openDuckDbStore({ folder });
const state = await store.loadState();
let next = state === null ? 0 : Number(/\d+/.exec(state)?.[0]) + 1;
process.stdout.write('open\n');
for (;;) {
  await store.commit(commitOf(next));
  process.stdout.write(`${next}\n`);
  if (next % 7 === 6) await store.publish();
  next += 1;
}
