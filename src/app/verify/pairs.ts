/** Up to N nodes every pod talks to every other; beyond that the number of pairs must not grow with the square. */
const ALL_UP_TO = 30;
/** Neighbours in the ring, on either side. */
const NEIGHBOURS = 2;

/** For each of `n` nodes the indexes of those that it talks to. Both directions of a pair are in it. */
export function planPairs(n: number): readonly (readonly number[])[] {
  const others = (i: number): number[] => {
    if (n <= ALL_UP_TO) return [...Array(n).keys()].filter((j) => j !== i);
    const steps = [...Array(NEIGHBOURS).keys()].flatMap((k) => [k + 1, n - k - 1]);
    return steps.map((step) => (i + step) % n);
  };
  return [...Array(n).keys()].map(others);
}

/** Whether `planPairs` leaves pairs out. */
export function isRing(n: number): boolean {
  return n > ALL_UP_TO;
}
