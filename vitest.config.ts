import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['unit', 'golden', 'ssh', 'vagrant', 'inventory'].map((dir) => `test/${dir}/**/*.test.ts`),
    testTimeout: 30_000,
  },
});
