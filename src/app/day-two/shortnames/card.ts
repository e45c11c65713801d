import { columnsOf, padTo } from '../../../base/text/width.js';
import type { Resource } from './resources.js';

const WIDTH = 84;
/** Lines of an A4 page at 10 points, with a margin. */
const PAGE = 66;
const TYPED = [
  ['kgp [NS]', 'the pods'],
  ['kgpws [NS]', 'by node'],
  ['kgpww [NS]', 'as they change'],
  ['keq [NS] [POD]', 'a shell in a pod'],
  ['kl [NS] [POD] [-f]', 'its log'],
  ['kdp [NS] [POD]', 'all about it'],
] as const;

/** One page of text for the printer: two columns, what has a short name first, and the short commands. */
export function card(
  resources: readonly Resource[],
  cluster: { readonly cluster_name: string; readonly kube_version: string },
): string {
  const short = resources.filter((r) => r.shortNames.length > 0 && !r.custom);
  const custom = resources.filter((r) => r.custom);
  const rest = resources.filter((r) => r.shortNames.length === 0 && !r.custom);
  const lines = [
    `Short names of ${cluster.cluster_name}, Kubernetes ${cluster.kube_version}`,
    '='.repeat(WIDTH),
    'kubectl get SHORT [-n NAMESPACE | -A]     * not in a namespace     number: how many',
    '',
    ...twoColumns(short),
    ...(custom.length > 0 ? ['', 'Custom resources', '-'.repeat(WIDTH), ...twoColumns(custom)] : []),
    ...(rest.length > 0 ? ['', 'Without a short name', '-'.repeat(WIDTH), ...twoColumns(rest)] : []),
    '',
    'Short commands (kubewright shell install); --print shows the line of kubectl',
    '-'.repeat(WIDTH),
    ...pairs(TYPED.map(([what, means]) => `${padTo(what, 20)} ${means}`)),
  ];
  // A printer goes on to the next page at a form feed.
  return `${lines.map((line, i) => (i > 0 && i % PAGE === 0 ? `\f${line}` : line)).join('\n')}\n`;
}

function twoColumns(resources: readonly Resource[]): string[] {
  const shorts = Math.max(5, ...resources.map((r) => columnsOf(r.shortNames.join(','))));
  return pairs(
    resources.map((r) => {
      const count = r.count === undefined ? '' : String(r.count);
      const name = `${r.name}${r.namespaced ? '' : ' *'}`;
      return `${padTo(r.shortNames.join(','), shorts)}  ${padTo(name, WIDTH / 2 - shorts - 9)} ${count.padStart(4)}`;
    }),
  );
}

/** Down the left column first, as a phone book is read. */
function pairs(cells: readonly string[]): string[] {
  const half = Math.ceil(cells.length / 2);
  const width = WIDTH / 2;
  if (cells.some((c) => columnsOf(c) > width)) return [...cells];
  return cells.slice(0, half).map((left, i) => `${padTo(left, width)}${cells[half + i] ?? ''}`.trimEnd());
}
