import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', 'dist/**', '.cache/**', '.fib/**', 'cli/templates/**'];

export default defineConfig({
  test: {
    projects: [
      {
        // Beside the code: no port, no process, no sleep.
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...excluded, 'test/contract/**', 'test/cluster/**'], sequence: { groupOrder: 0 } },
      },
      {
        // Local processes, on ports of their own. They mostly wait; more at once would make each other late.
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          exclude: excluded,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // On a machine that others share, a moment without a processor is no defect. What fails twice is one.
          retry: 1,
        },
      },
      {
        // On the cluster of `npm run cluster`, one file after the other: some break parts of it.
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: excluded,
          fileParallelism: false,
          retry: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
