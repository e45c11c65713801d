import type fc from 'fast-check';

/** Random inventories a run; `KUBEWRIGHT_FUZZ_RUNS=500` is what CI asks for, more if you have time. */
export const FUZZ_RUNS = Math.max(1, Number(process.env.KUBEWRIGHT_FUZZ_RUNS ?? 60));

/** `KUBEWRIGHT_FUZZ_SEED`: the seed of a failure, to see it again; undefined: another one each time. */
export function fuzzSeed(): number | undefined {
  const given = process.env.KUBEWRIGHT_FUZZ_SEED;
  if (given === undefined || given === '') return undefined;
  if (!/^-?\d+$/.test(given)) throw new RangeError(`KUBEWRIGHT_FUZZ_SEED must be a whole number, not ${given}`);
  return Number(given);
}

/**
 * What of a failure is needed to see it again stands in fast-check's own report: the seed and the path. The seed itself is
 * set for all tests in `seed.ts`.
 */
export function fuzzOptions(runs: number): fc.Parameters<unknown> {
  return { numRuns: runs, endOnFailure: true };
}
