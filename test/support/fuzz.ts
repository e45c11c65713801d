import type fc from 'fast-check';

/** Random inventories a run; `KUBEWRIGHT_FUZZ_RUNS=500` is what CI asks for, more if you have time. */
export const FUZZ_RUNS = Math.max(1, Number(process.env.KUBEWRIGHT_FUZZ_RUNS ?? 60));

/** The whole of it, which CI runs, or a taste. */
export const FULL_FUZZ = FUZZ_RUNS >= 500;

/** What of a failure is needed to see it again stands in fast-check's own report: the seed and the path. */
export function fuzzOptions(runs: number): fc.Parameters<unknown> {
  const seed = process.env.KUBEWRIGHT_FUZZ_SEED;
  return { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }), endOnFailure: true };
}
