import { defineConfig } from 'vitest/config';

// Real machines: one file after the other, one test after the other, and no later test once one has failed.
export default defineConfig({
  test: {
    // Trials take an hour and more: they run when asked for, and then alone. Else they are skipped by name.
    include: [process.env.KUBEWRIGHT_TRIALS === '1' ? 'test/**/*.trial.lab.test.ts' : 'test/**/*.lab.test.ts'],
    globalSetup: 'test/support/built.ts',
    // What messages call the tool: `node ../bin/run.js` would depend on the directory.
    env: { KUBEWRIGHT_NAME: 'kubewright' },
    testTimeout: 1_500_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    sequence: { concurrent: false },
    bail: 1,
  },
});
