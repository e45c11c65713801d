/**
 * Start-up time against `node -e 0`, interleaved in one run so that a busy machine slows all alike.
 *
 *   npm run bench:startup [-- --rounds N] [--json FILE]
 *
 * Prints a table and one JSON line; exit code 1 when --version or --help takes more than 4 times as long as `node -e 0`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LIMIT = 4;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, json: { type: 'string' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds wants a positive number');
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'kw-startup-'));
const run = join(root, 'bin', 'run.js');
const sample = join(root, 'inventories', 'sample', 'hosts.ini');
// Port 1 of the loopback is closed: the run ends at the first connection.
const refused = join(work, 'refused.ini');
writeFileSync(
  refused,
  '[all:vars]\nansible_user=nobody\n[kube_control_plane]\nm1 ansible_host=127.0.0.1 ansible_port=1 ip=192.0.2.1\n[etcd]\nm1\n[kube_node]\nm1\n',
);

/** `limited`: the limit applies. `exit`: the only status that proves success. */
const cases = [
  { name: 'node -e 0', args: ['-e', '0'], exit: 0 },
  { name: 'kubewright --version', args: [run, '--version'], exit: 0, limited: true },
  { name: 'kubewright --help', args: [run, '--help'], exit: 0, limited: true },
  { name: 'kubewright help provision', args: [run, 'help', 'provision'], exit: 0, limited: true },
  { name: 'kubewright provision --help', args: [run, 'provision', '--help'], exit: 0, limited: true },
  { name: 'kubewright inventory show', args: [run, 'inventory', 'show', '-i', sample], exit: 0 },
  { name: 'kubewright provision, refused', args: [run, 'provision', '-i', refused, '--plain'], exit: 3 },
];

const times = new Map(cases.map((c) => [c.name, []]));
let failed = false;
try {
  for (let round = -1; round < rounds; round++) {
    for (const c of cases) {
      const began = process.hrtime.bigint();
      const { status, stderr } = spawnSync(process.execPath, c.args, { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] });
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      if (status !== c.exit) {
        throw new Error(`${c.name} ended with ${status}, not ${c.exit}:\n${stderr}`);
      }
      // The first round fills the caches of the disk.
      if (round >= 0) times.get(c.name).push(ms);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const base = median(times.get('node -e 0'));
const results = cases.map((c) => {
  const ms = median(times.get(c.name));
  return {
    name: c.name,
    ms: Math.round(ms * 10) / 10,
    ratio: Math.round((ms / base) * 100) / 100,
    limit: c.limited ? LIMIT : null,
  };
});
for (const r of results) {
  const over = r.limit !== null && r.ratio > r.limit;
  failed ||= over;
  const verdict = r.limit === null ? '' : over ? `  more than ${r.limit}!` : `  at most ${r.limit}: yes`;
  console.log(`${r.name.padEnd(32)} ${r.ms.toFixed(1).padStart(8)} ms  ${r.ratio.toFixed(2).padStart(6)} x${verdict}`);
}
const report = JSON.stringify({ bench: 'startup', node: process.version, rounds, results });
console.log(report);
if (values.json) writeFileSync(values.json, `${report}\n`);
process.exitCode = failed ? 1 : 0;
