// npm run bench:provision: the re-run of `provision` on an installed nine-node cluster, against plain ssh in the same run.
// Options: --rounds N (default 5), --json FILE, --keep (leave the cluster running). The first run builds the offline bundle.
import { join } from 'node:path';
import { benchLab } from './support/lab.mjs';
import { median } from './support/measure.mjs';
import { flag, option, printTable, say, seconds, times, writeResult } from './support/report.mjs';
import { fortyOneTasks } from './support/tasks.mjs';

const rounds = Number(option('rounds', '5'));
const bundle = join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle', 'debian-1.20.2');

const lab = await benchLab({ masters: 3, workers: 6, subnet: '10.79.0.0/24', bundle, keep: flag('keep') });
try {
  say('building the offline bundle, unless it is there');
  await lab.cli(['bundle', 'build', '--from', 'debian', '-o', bundle]);
  say('distributing keys');
  await lab.cli(['keys', 'distribute', '-i', lab.inventory]);
  const provision = () => lab.cli(['provision', '-i', lab.inventory, '--json']);
  say('installing the cluster');
  const first = await provision();
  say('running again until nothing changes');
  const settled = recapOf((await provision()).stdout);
  if (settled.some((r) => r.changed !== 0 || r.failed !== 0))
    throw new Error(`the re-run changed something: ${JSON.stringify(settled)}`);

  const tasks = fortyOneTasks();
  const repair = tasks.map((t) => `if ! ( set -eu; ${t.check} ); then ( set -eu; ${t.run}\n); fi </dev/null`).join('\n');
  const program = tasks.map((t) => `( set -eu; ${t.check} ) </dev/null || echo 'not so: ${t.name}'`).join('\n');
  await everywhere(`main() {\n${repair}\n}\nmain\n`);

  const taken = { 'the 41 checks over plain ssh, all at once': [], 'provision, the whole re-run': [] };
  const execs = [];
  let tasksRun = 0;
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round}`);
    const [plain, again] = Object.values(taken);
    plain.push((await everywhere(`main() {\n${program}\n}\nmain\n`)).ms);
    const before = await sudoCalls();
    const run = await provision();
    again.push(run.ms);
    const after = await sudoCalls();
    // The query itself is one more call.
    execs.push(Math.max(...after.map((n, i) => n - before[i] - 1)));
    tasksRun = Math.max(...recapOf(run.stdout).map((r) => r.ok + r.changed));
  }
  report(first.ms, taken, execs, tasksRun);
} finally {
  await lab.down();
}

function recapOf(stdout) {
  const lines = stdout.split('\n').filter((l) => l.startsWith('{'));
  return JSON.parse(lines.at(-1)).recap;
}

async function everywhere(script) {
  const began = performance.now();
  const ends = await Promise.all(lab.hosts.map((h) => lab.ssh(h, 'sudo sh -s', script)));
  const said = ends.map((e) => e.stdout).join('');
  if (said !== '') throw new Error(`nothing was to be said:\n${said}`);
  return { ms: performance.now() - began };
}

/** How often sudo has run on each machine: every exec of ours uses it there. */
async function sudoCalls() {
  const ends = await Promise.all(lab.hosts.map((h) => lab.ssh(h, 'sudo journalctl -q _COMM=sudo -o cat | grep -c COMMAND=')));
  return ends.map((e) => Number(e.stdout.trim()));
}

function report(firstMs, taken, execs, tasksRun) {
  const medians = Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, median(ms)]));
  const [plain, again] = Object.values(medians);
  console.log(
    `\n${lab.hosts.length} nodes, Kubernetes from the offline bundle, up to ${tasksRun} tasks per host, nothing to change\n`,
  );
  printTable([
    ['', 'median', 'runs', 'against plain ssh'],
    ['provision, the first time', seconds(firstMs), '1', times(firstMs / plain)],
    ...Object.entries(medians).map(([name, ms]) => [name, seconds(ms), `${taken[name].length}`, times(ms / plain)]),
  ]);
  console.log(`\nExecs on the machine with most of them: ${median(execs)}`);
  console.log(`${again / plain <= 4 ? 'held    ' : 'not held'}  at most 4 times plain ssh: ${times(again / plain)}`);
  writeResult(option('json', 'bench-provision.json'), {
    bench: 'provision',
    hosts: lab.hosts.length,
    firstMs,
    ms: taken,
    medians,
    execs,
    tasks: tasksRun,
  });
}
