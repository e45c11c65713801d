import { fuzzSeed } from './fuzz.js';

// Before the tests of each file: the seed holds for every property, also for those with options of their own.
const seed = fuzzSeed();
if (seed !== undefined) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
