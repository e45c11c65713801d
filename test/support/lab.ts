import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { boxNetwork } from '../../src/lab/nspawn/network.js';
import { findFreeSubnet } from '../../src/lab/nspawn/plan.js';

export const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'bin', 'run.js');

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Says what is going on, so that a hang can be told from work. */
export function say(text: string): void {
  process.stdout.write(`[lab ${new Date().toISOString().slice(11, 19)}] ${text}\n`);
}

/** Runs the command line as a user would. `echo` shows its output as it comes. */
export function cli(
  args: readonly string[],
  o: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly echo?: boolean; readonly input?: string } = {},
): Promise<CliResult> {
  say(`kubewright ${args.join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: o.cwd ?? ROOT,
      env: { ...process.env, ...o.env },
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (o.echo) process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (o.echo) process.stdout.write(chunk);
    });
    child.stdin.end(o.input ?? '');
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Recap of a `--json` run: host → counts. */
export function recapOf(stdout: string): Map<string, { ok: number; changed: number; failed: number; unreachable: boolean }> {
  const events = stdout
    .split('\n')
    .filter((l) => l.startsWith('{'))
    .map((l) => JSON.parse(l));
  const end = events.findLast((e) => e.type === 'run-end');
  return new Map((end?.recap ?? []).map((r: { host: string }) => [r.host, r]));
}

/** `host task` of every task that ended with this status, from the events of a run (JSON lines). */
export function tasksThat(status: string, events: string): string[] {
  return events
    .split('\n')
    .filter((l) => l.includes('"task-end"'))
    .map((l) => JSON.parse(l))
    .filter((e) => e.status === status)
    .map((e) => `${e.host} ${e.task}`)
    .sort();
}

/**
 * Prints every file, folder and link of a machine with mode, owner, size and modification time, and the hashes of those that
 * an installation could touch. Logs, /run and /tmp move by themselves.
 */
export const FILE_TREE = [
  'find / -xdev \\( -path /proc -o -path /sys -o -path /var/log -o -path /tmp -o -path /run \\) -prune -o -printf "%p %y %m %U:%G %s %T@ %l\\n" | sort',
  'find /etc /usr/local /var/lib /root /home /opt -xdev -type f -print0 | sort -z | xargs -0 sha256sum',
].join('; ');

/** Waits until `look` returns true; the last thing it said is the error. */
export async function until(what: string, timeoutSec: number, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  for (let told = Date.now(); ; ) {
    if (await look()) return;
    if (Date.now() > end) throw new Error(`gave up after ${timeoutSec} s: ${what}`);
    if (Date.now() - told > 15_000) {
      told = Date.now();
      say(`still waiting: ${what}`);
    }
    await new Promise((r) => setTimeout(r, 1000));
  }
}

/** The first three octets of a network that nothing on this box uses, other labs included. */
export async function freePrefix(): Promise<string> {
  const subnet = findFreeSubnet(await boxNetwork());
  if (!subnet) throw new Error('no network is free on this box');
  return subnet.replace('.0/24', '');
}

/** What a lab could leave behind on this box. */
export function traces(): string[] {
  const out = (command: string): string[] =>
    spawnSync('sh', ['-c', command], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((l) => l !== '');
  return [
    ...out("awk '{print $5}' /proc/self/mountinfo").map((m) => `mount ${m}`),
    ...out('ip netns list').map((n) => `netns ${n.split(' ')[0]}`),
    ...out('ip -o link').map((l) => `link ${l.split(': ')[1]?.split('@')[0]}`),
    ...out('find /sys/fs/cgroup -maxdepth 3 -type d 2>/dev/null').map((d) => `cgroup ${d}`),
    ...out('iptables-save 2>/dev/null | grep "^-A"').map((r) => `iptables ${r}`),
    // A zombie is no process any more; when init gets round to it is not the lab's doing.
    ...out("ps -C systemd-nspawn -o pid=,stat= | awk '$2 !~ /^Z/ {print $1}'").map((p) => `process ${p}`),
  ].sort();
}

export function missingForLab(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('sh', ['-c', 'command -v apt-get']).status !== 0) return 'needs Debian';
  return undefined;
}
