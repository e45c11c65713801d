/** What an upgrade has to spend its time with, by the ids of its tasks. */
const NEEDED = [
  ['kubeadm', /^upgrade\/(control-plane|node-configuration)$/],
  ['drain', /^upgrade\/drain-/],
  ['image import', /^(upgrade\/(images|pull)|containerd\/images)$/],
];

/**
 * Where the time of an upgrade went, from the journals of its runs. All in milliseconds of wall-clock time: what several hosts do at the same
 * time counts once.
 *
 * @param {readonly (readonly {type: string, at: number, host?: string, task?: string, ms?: number}[])[]} journals events of each run, without the header
 * @param {number} [since] when the command began, milliseconds since the epoch; default: the first event. The end is the last event: the
 *   closing `verify` is not part of it.
 * @returns {{wall: number, needed: Record<string, number>, hosts: number, others: number, own: number, share: number}}
 *   `needed`: by kind; `hosts`: time in which some host is at one of them; `others`: in which hosts do only other things (restarts, checks, waits
 *   for what has been restarted); `own`: in which no host is at any task; `share`: own time as a share of `hosts`.
 */
export function upgradeShares(journals, since) {
  const spans = journals
    .flat()
    .flatMap((e) => (e.type === 'task-end' ? [{ task: e.task ?? '', start: e.at - (e.ms ?? 0), end: e.at }] : []));
  const kind = (task) => NEEDED.find(([, id]) => id.test(task))?.[0];
  const needed = Object.fromEntries(NEEDED.map(([name]) => [name, covered(spans.filter((s) => kind(s.task) === name))]));
  const hosts = covered(spans.filter((s) => kind(s.task) !== undefined));
  const busy = covered(spans);
  const times = journals.flat().map((e) => e.at);
  const wall = Math.max(...times) - (since ?? Math.min(...times));
  const own = Math.max(0, wall - busy);
  return { wall, needed, hosts, others: busy - hosts, own, share: own / hosts };
}

/** Milliseconds that at least one of the spans covers. @param {readonly {start: number, end: number}[]} spans */
function covered(spans) {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return total;
}
