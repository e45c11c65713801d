import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.lab.test.ts'],
    globalSetup: 'test/support/built.ts',
    // What messages call the tool: `node ../bin/run.js` would depend on the directory.
    env: { KUBEWRIGHT_NAME: 'kubewright' },
    setupFiles: ['test/support/random/seed.ts'],
    testTimeout: 30_000,
    // A shared machine stalls for seconds now and then. What passes only the second time is marked with (retry x1) in the log.
    retry: process.env.CI ? 1 : 0,
    // Keys are made and servers started there, which takes its time on a machine that is busy.
    hookTimeout: 60_000,
    // Most of the time goes into waiting for servers and programs, so that more files than cores pay.
    maxWorkers: 3,
    minWorkers: 1,
  },
});
