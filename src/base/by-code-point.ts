/** Python sorts by code points. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  const i = x.findIndex((c, n) => c !== y[n]);
  if (i < 0) return -1;
  return (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? -1);
}
