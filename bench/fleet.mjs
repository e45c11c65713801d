// npm run bench:fleet: 41 converged tasks on fleets of real sshd on this box; time and the controller's memory against their number.
// Options: --sizes 10,50,200,500, --rounds N (default 3), --json FILE.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startFleet } from './support/fleet.mjs';
import { CLI } from './support/lab.mjs';
import { measure, median } from './support/measure.mjs';
import { option, printTable, say, seconds, times, writeResult } from './support/report.mjs';
import { fortyOneTasks } from './support/tasks.mjs';

const sizes = option('sizes', '10,50,200,500').split(',').map(Number);
const rounds = Number(option('rounds', '3'));
const STATE = '/opt/kubewright-bench';
const dir = mkdtempSync(join(tmpdir(), 'kubewright-bench-'));
const playbook = join(dir, 'tasks.yml');
const tasks = fortyOneTasks(STATE).map(({ name, check, run }) => ({ name, check, run }));
writeFileSync(playbook, stringify([{ name: 'Forty-one tasks', hosts: 'all', tasks }]));

// Each machine needs its own directories for what programs write.
const own = (path) => `mkdir -p ${path} && mount -t tmpfs -o size=4m tmpfs ${path}`;
const setup = ['/run/kubewright', '/var/lib/kubewright', STATE].map(own).join('\n');

const results = [];
try {
  for (const count of sizes) {
    say(`starting ${count} machines`);
    const fleet = await startFleet({ count, setup });
    try {
      results.push(await one(fleet, count));
    } finally {
      await fleet.stop();
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
report();

async function one(fleet, count) {
  const env = { HOME: dir, NO_COLOR: '1', SSH_AUTH_SOCK: '' };
  const args = ['run', playbook, '-i', fleet.inventoryPath, '--become', '--plain'];
  const run = () => measure(process.execPath, [CLI, ...args], { cwd: dir, env });
  say(`${count} machines: making the state`);
  await run();
  const ms = [];
  let peakKb = 0;
  const before = fleet.connections();
  for (let round = 1; round <= rounds; round++) {
    const again = await run();
    const changed = [...again.stdout.matchAll(/changed=(\d+)/g)].map((m) => Number(m[1]));
    if (changed.some((n) => n !== 0)) throw new Error(`nothing was to change:\n${again.stdout.slice(-2000)}`);
    ms.push(again.ms);
    peakKb = Math.max(peakKb, again.peakKb);
    say(`${count} machines: ${seconds(again.ms)}, ${Math.round(again.peakKb / 1024)} MB`);
  }
  return {
    count,
    ms,
    median: median(ms),
    peakMb: Math.round(peakKb / 1024),
    connections: (fleet.connections() - before) / rounds,
  };
}

function report() {
  const [smallest] = results;
  console.log('\n41 converged tasks a machine, all machines on this box, so that they share its cores\n');
  printTable([
    ['machines', 'median', 'a machine', 'against the smallest', 'peak memory', 'connections'],
    ...results.map((r) => [
      `${r.count}`,
      seconds(r.median),
      `${Math.round(r.median / r.count)} ms`,
      times(r.median / r.count / (smallest.median / smallest.count)),
      `${r.peakMb} MB`,
      `${r.connections}`,
    ]),
  ]);
  const largest = results.at(-1);
  console.log(`\n${largest.peakMb < 400 ? 'held    ' : 'not held'}  under 400 MB at ${largest.count}: ${largest.peakMb} MB`);
  const worst = Math.max(...results.map((r) => r.median / r.count)) / (smallest.median / smallest.count);
  console.log(
    `${worst <= 1.1 ? 'held    ' : 'not held'}  at most linear in the number of machines: worst ${times(worst)} per machine`,
  );
  writeResult(option('json', 'bench-fleet.json'), { bench: 'fleet', tasks: tasks.length, results });
}
