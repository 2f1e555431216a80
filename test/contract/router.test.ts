import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryRouter } from '../../src/adapters/memory/router.ts';
import { fileRouter } from '../../src/adapters/router/file-router.ts';
import { withEnd, withShare } from '../../src/core/rollout/routing-table.ts';
import type { Router } from '../../src/pipeline/ports.ts';
import { tableOf } from '../support/rollout.ts';

interface Subject {
  readonly router: Router;
  readonly close: () => Promise<void>;
}

const SUBJECTS: readonly (readonly [string, () => Promise<Subject>])[] = [
  [
    'memory',
    async () =>
      await Promise.resolve({ router: memoryRouter(), close: async () => await Promise.resolve() }),
  ],
  [
    'file',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'coalmine-router-'));
      return {
        router: fileRouter(join(folder, 'routing.json')),
        close: async () => await rm(folder, { recursive: true }),
      };
    },
  ],
];

const FIRST = tableOf();
const SECOND = withShare(FIRST, { fromMs: 60_000, share: 0.05 });

describe.each(SUBJECTS)('the %s router', (_, open) => {
  const withRouter = async (use: (router: Router) => Promise<void>) => {
    const { router, close } = await open();
    try {
      await use(router);
    } finally {
      await close();
    }
  };

  test('has no table before the first', async () => {
    await withRouter(async (router) => {
      expect(await router.read()).toBeNull();
    });
  });

  test('reads back what was applied', async () => {
    await withRouter(async (router) => {
      await router.apply(FIRST);
      expect(await router.read()).toEqual(FIRST);
      await router.apply(SECOND);
      expect(await router.read()).toEqual(SECOND);
    });
  });

  test('reads back versions and salts beyond ASCII', async () => {
    await withRouter(async (router) => {
      const table = tableOf({ model: 'модель', canaryVersion: 'v7 "β" \n', salt: '山田/1' });
      await router.apply(table);
      expect(await router.read()).toEqual(table);
    });
  });

  test('takes the same table again', async () => {
    await withRouter(async (router) => {
      await router.apply(SECOND);
      await router.apply(structuredClone(SECOND));
      expect(await router.read()).toEqual(SECOND);
    });
  });

  test.each([
    ['a lower sequence', FIRST, 'is older'],
    ['another table of the same sequence', { ...SECOND, canaryVersion: 'v8' }, 'another table 2'],
    ["another model's table", tableOf({ model: 'clicks', sequence: 9 }), 'the model fraud'],
  ])('refuses %s and keeps its own', async (...[, table, why]) => {
    await withRouter(async (router) => {
      await router.apply(SECOND);
      const refusal = expect.objectContaining({
        code: 'router_failed',
        message: expect.stringContaining(why),
      });
      await expect(router.apply(table)).rejects.toEqual(refusal);
      expect(await router.read()).toEqual(SECOND);
      await router.apply(withEnd(SECOND, { fromMs: 120_000, share: 0 }));
      expect(await router.read()).toMatchObject({ sequence: 3, endMs: 120_000 });
    });
  });

  test('takes the first table of the next rollout of the model', async () => {
    await withRouter(async (router) => {
      const next = tableOf({ rolloutId: 'fraud-v7.2', salt: 'fraud/fraud-v7.2' });
      await router.apply(SECOND);
      await router.apply(next);
      expect(await router.read()).toEqual(next);
    });
  });

  test('applies changes in the order in which they were asked for', async () => {
    await withRouter(async (router) => {
      const tables = Array.from({ length: 20 }, (_entry, i) => tableOf({ sequence: i + 1 }));
      await Promise.all(tables.map(async (table) => await router.apply(table)));
      expect((await router.read())?.sequence).toBe(20);
    });
  });
});
