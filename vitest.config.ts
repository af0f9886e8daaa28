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
        // Local processes: one file at a time, because they measure and share two cores.
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          exclude: excluded,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
