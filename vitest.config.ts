import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          setupFiles: ['test/support/fast-check-seed.ts'],
          include: [
            'test/{unit,golden,property,calibration,contract,scenario,docs}/**/*.test.ts',
            'test/*.test.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          setupFiles: ['test/support/fast-check-seed.ts'],
          include: ['test/integration/**/*.test.ts'],
          exclude: ['test/integration/{kafka,infra}/**'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/integration/{kafka,infra}/**/*.test.ts'],
          globalSetup: ['test/support/broker/global-setup.ts'],
          // All share one broker, and some stop it.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: ['test/support/broker/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
