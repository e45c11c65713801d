import { defineConfig } from 'vitest/config';

// Real machines: one file after the other, one test after the other, and no later test once one has failed.
export default defineConfig({
  test: {
    include: ['test/**/*.lab.test.ts'],
    globalSetup: 'test/support/built.ts',
    testTimeout: 1_500_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    sequence: { concurrent: false },
    bail: 1,
  },
});
