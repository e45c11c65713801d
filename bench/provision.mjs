// npm run bench:provision: the first run of `provision` and by-hand.sh in turns on the same new machines, then the re-run on the
// installed cluster against plain ssh. Options: --masters N (default 3) and --workers N (1), --first N turns of each (3; 0: only
// `provision`), --rounds N re-runs (5; 0: none), --bundle DIR (built from Go modules where it is missing), --json FILE, --keep (leave the cluster
// running).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byHand, cpuSeconds, untilHealthy } from './support/by-hand.mjs';
import { benchLab, CLI } from './support/lab.mjs';
import { measure, median } from './support/measure.mjs';
import { flag, option, printTable, say, seconds, times, writeResult } from './support/report.mjs';
import { fortyOneTasks } from './support/tasks.mjs';

const OURS = 'kubewright provision';
const BY_HAND = 'bench/by-hand.sh';
/** A first run may take this much of the script's time. */
const AT_MOST = 1.15;

const rounds = Number(option('rounds', '5'));
const turns = Number(option('first', '3'));
const masters = Number(option('masters', '3'));
const workers = Number(option('workers', '1'));
const bundle = option('bundle', join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle', 'go-1.36.3'));
if (!existsSync(join(bundle, 'index.json'))) {
  say(`building ${bundle}`);
  await measure(process.execPath, [CLI, 'bundle', 'build', '--from', 'go', '-o', bundle]);
}
const { kubeVersion } = JSON.parse(readFileSync(join(bundle, 'index.json'), 'utf8'));

const lab = await benchLab({ masters, workers, subnet: '10.79.0.0/24', bundle, keep: flag('keep') });
const provision = () => lab.cli(['provision', '-i', lab.inventory, '--json']);
try {
  say('distributing keys');
  await lab.cli(['keys', 'distribute', '-i', lab.inventory]);
  const first = await firstRuns();
  const again = rounds > 0 ? await reruns() : undefined;
  report(first, again);
} finally {
  await lab.down();
}

/** @returns {Promise<Record<string, {ms: number, cpu: number}[]>>} what each way took; the cluster of the last one, which is ours, stays. */
async function firstRuns() {
  const ways = { [BY_HAND]: () => byHand(lab, { masters, bundle, kubeVersion }), [OURS]: provision };
  if (turns === 0) return { [OURS]: [await timed(OURS, ways[OURS])] };
  const taken = { [BY_HAND]: [], [OURS]: [] };
  await lab.cli(['lab', 'snapshot', 'save', 'new']);
  let fresh = true;
  for (let turn = 1; turn <= turns; turn++) {
    // Neither is always the first: the box may get slower with time, or faster.
    const order = (turns - turn) % 2 === 0 ? [BY_HAND, OURS] : [OURS, BY_HAND];
    for (const way of order) {
      if (!fresh) await lab.cli(['lab', 'snapshot', 'restore', 'new']);
      fresh = false;
      say(`turn ${turn}: ${way}`);
      taken[way].push(await timed(way, ways[way]));
    }
  }
  return taken;
}

async function timed(way, install) {
  const before = cpuSeconds(lab.stateDir);
  const run = await install();
  const ms = run.ms + (await untilHealthy(lab));
  const cpu = cpuSeconds(lab.stateDir) - before;
  say(`${way}: ${seconds(ms)}, the machines used ${cpu.toFixed(0)} s of CPU`);
  return { ms, cpu };
}

async function reruns() {
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
  return { taken, execs, tasksRun };
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

function report(first, again) {
  console.log(`\n${masters} control planes and ${workers} workers, Kubernetes ${kubeVersion} from ${bundle.split('/').at(-1)}\n`);
  reportFirst(first);
  if (again) reportAgain(again);
  writeResult(option('json', 'bench-provision.json'), { bench: 'provision', hosts: lab.hosts.length, kubeVersion, first, again });
}

function reportFirst(first) {
  const of = (way, what) => median(first[way].map((t) => t[what]));
  const [base] = Object.keys(first);
  printTable([
    ['the first run, until nodes, Calico and CoreDNS are ready', 'median', 'runs', `against ${base}`, 'CPU of the machines'],
    ...Object.keys(first).map((way) => [
      way,
      seconds(of(way, 'ms')),
      `${first[way].length}`,
      times(of(way, 'ms') / of(base, 'ms')),
      `${of(way, 'cpu').toFixed(0)} s`,
    ]),
  ]);
  if (base === OURS) return;
  const ratio = of(OURS, 'ms') / of(BY_HAND, 'ms');
  console.log(`${ratio <= AT_MOST ? 'held    ' : 'not held'}  at most ${AT_MOST} times the script: ${times(ratio)}\n`);
}

function reportAgain({ taken, execs, tasksRun }) {
  const medians = Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, median(ms)]));
  const [plain, again] = Object.values(medians);
  console.log(`${lab.hosts.length} nodes, up to ${tasksRun} tasks per host, nothing to change\n`);
  printTable([
    ['', 'median', 'runs', 'against plain ssh'],
    ...Object.entries(medians).map(([name, ms]) => [name, seconds(ms), `${taken[name].length}`, times(ms / plain)]),
  ]);
  console.log(`\nExecs on the machine with most of them: ${median(execs)}`);
  console.log(`${again / plain <= 4 ? 'held    ' : 'not held'}  at most 4 times plain ssh: ${times(again / plain)}`);
}
