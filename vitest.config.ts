import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', 'dist/**', '.cache/**', '.fib/**'];

export default defineConfig({
  test: {
    projects: [
      {
        // Beside the code: no port, no process, no sleep.
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...excluded, 'test/contract/**'], sequence: { groupOrder: 0 } },
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
    ],
  },
});
