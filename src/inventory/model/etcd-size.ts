/**
 * What is wrong with an etcd of `n` members; undefined: nothing. An even number adds no safety.
 * Source: https://etcd.io/docs/latest/faq/#why-an-odd-number-of-cluster-members
 */
export function etcdSizeProblem(n: number): { readonly what: string; readonly why: string } | undefined {
  if (n >= 1 && n % 2 === 1) return undefined;
  return {
    what: `${n} etcd members: the number must be odd`,
    why: `${n} members tolerate no more failures than ${Math.max(1, n - 1)}, and need one more vote`,
  };
}
