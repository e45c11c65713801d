// 5,000 hosts with 20 variables each: time and peak memory of `kubewright inventory list` beside ansible-inventory, on the
// same file in the same run: the median of several runs of each, in turns. Never fails because of a time.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOSTS = Number(process.env.BENCH_HOSTS ?? 5000);
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const dir = mkdtempSync(join(tmpdir(), 'kubewright-bench-'));
const file = join(dir, 'hosts.ini');
const values = (n) =>
  Array.from({ length: 20 }, (_, i) =>
    i === 0
      ? `ansible_host=10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      : i % 4 === 1
        ? `v${i}=${n * i}`
        : i % 4 === 2
          ? `v${i}="text ${n}"`
          : i % 4 === 3
            ? `v${i}=True`
            : `v${i}="[1, 'a']"`,
  ).join(' ');
const hosts = Array.from({ length: HOSTS }, (_, n) => `node${n} ${values(n)}`);
const names = (from, to) =>
  hosts
    .slice(from, to)
    .map((h) => h.split(' ')[0])
    .join('\n');
writeFileSync(
  file,
  `[all]\n${hosts.join('\n')}\n[kube_control_plane]\n${names(0, 3)}\n[kube_node]\n${names(3)}\n[all:vars]\ncolor=blue\n`,
);

function measure({ name, command, args }) {
  const began = process.hrtime.bigint();
  const r = spawnSync('/usr/bin/env', ['-u', 'ANSIBLE_CONFIG', '/usr/bin/python3', '-c', PEAK, command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (r.status !== 0) return { name, error: r.stderr.trim().split('\n').at(-1) };
  return { name, seconds, mb: Number(/PEAK (\d+)/.exec(r.stderr)?.[1]) / 1024, text: r.stdout };
}
/** The run in the middle by time, with the most memory of all; the first that failed, if one did. */
function median(results) {
  const failed = results.find((r) => r.error);
  if (failed) return failed;
  const middle = [...results].sort((a, b) => a.seconds - b.seconds)[Math.floor(results.length / 2)];
  return { ...middle, mb: Math.max(...results.map((r) => r.mb)) };
}
// The peak memory of a child, as the kernel counts it.
const PEAK =
  'import resource,subprocess,sys\nc=subprocess.call(sys.argv[1:])\nprint("PEAK",resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr)\nsys.exit(c)';

try {
  const bin = join(import.meta.dirname, '../bin/run.js');
  const programs = [
    { name: 'kubewright inventory list', command: process.execPath, args: [bin, 'inventory', 'list', '-i', file] },
    { name: 'ansible-inventory --list', command: 'ansible-inventory', args: ['-i', file, '--list'] },
  ];
  const runs = Array.from({ length: RUNS }, () => programs.map(measure));
  const [ours, theirs] = programs.map((_, p) => median(runs.map((r) => r[p])));
  console.log(`${HOSTS} hosts with 20 variables each; the median of ${RUNS} runs of each, in turns`);
  console.log(`${'program'.padEnd(28)}${'time'.padStart(10)}${'peak memory'.padStart(14)}`);
  for (const r of [ours, theirs])
    console.log(
      r.error
        ? `${r.name.padEnd(28)}failed: ${r.error}`
        : `${r.name.padEnd(28)}${`${r.seconds.toFixed(2)} s`.padStart(10)}${`${r.mb.toFixed(0)} MB`.padStart(14)}`,
    );
  if (!ours.error && !theirs.error)
    console.log(
      `${(theirs.seconds / ours.seconds).toFixed(1)} times faster; the output is ${ours.text === theirs.text ? 'the same' : 'NOT the same'}`,
    );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
