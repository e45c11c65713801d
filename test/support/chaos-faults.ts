import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { labPaths, machinePaths } from '../../src/lab/box/paths.js';
import { say } from './lab.js';

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What can go wrong between this box and one machine of a lab. */
export interface Faults {
  readonly kinds: readonly string[];
  /** Does the harm, and undoes it again. */
  cause(kind: string, machine: string, rng: () => number): Promise<void>;
  /** Takes whatever is left of it away. */
  undo(): void;
}

export function faultsOf(stateDir: string): Faults {
  const paths = labPaths({ stateDir });
  const state: { machines: { name: string; address: string }[] } = JSON.parse(readFileSync(paths.stateFile, 'utf8'));
  const undone = new Set<() => void>();

  const address = (machine: string): string => state.machines.find((m) => m.name === machine)?.address ?? '';
  const filter = async (machine: string, action: readonly string[], ms: number): Promise<void> => {
    const rules = [
      ['INPUT', '-i', paths.bridge, '-s', address(machine), '-p', 'tcp', '--sport', '22', '-j', ...action],
      ['OUTPUT', '-o', paths.bridge, '-d', address(machine), '-p', 'tcp', '--dport', '22', '-j', ...action],
    ];
    const undo = (): void => {
      for (const rule of rules) spawnSync('iptables', ['-w', '-D', ...rule]);
      undone.delete(undo);
    };
    undone.add(undo);
    for (const rule of rules) execFileSync('iptables', ['-w', '-I', ...rule]);
    await sleep(ms);
    undo();
  };
  const inside = (machine: string, script: string): void => {
    const pid = readMainPid(machine);
    const { status, stdout, stderr } = spawnSync('nsenter', ['-t', pid, '-m', '-p', '-u', '-i', '-C', 'sh', '-c', script], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${machine}: ${script}: ${status}\n${stdout}${stderr}`);
  };
  /** Process 1 of the machine: the child of its systemd-nspawn. */
  const readMainPid = (machine: string): string => {
    const fresh: { machines: { name: string; process?: { pid: number } }[] } = JSON.parse(readFileSync(paths.stateFile, 'utf8'));
    const nspawn = fresh.machines.find((m) => m.name === machine)?.process?.pid;
    return readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').trim().split(' ')[0] ?? '';
  };

  const causes: Record<string, (machine: string, rng: () => number) => Promise<void>> = {
    'tcp reset': (machine, rng) => filter(machine, ['REJECT', '--reject-with', 'tcp-reset'], 300 + 1500 * rng()),
    'packets dropped': (machine, rng) => filter(machine, ['DROP'], 1000 + 6000 * rng()),
    // Only the sessions are killed, not the listener; and systemd's limit of five starts in ten seconds is not ours to test: it
    // would leave a machine without sshd for good.
    'sshd restarted': async (machine) => {
      inside(machine, "systemctl reset-failed ssh; systemctl restart ssh; pkill -KILL -f '^sshd(-session)?: [^/]'; true");
      await sleep(500);
      inside(machine, 'systemctl is-active --quiet ssh || { systemctl status --no-pager ssh; exit 1; }');
    },
    'network gone for 20 s': async (machine) => {
      const { veth } = machinePaths(paths, machine);
      const undo = (): void => {
        spawnSync('ip', ['link', 'set', veth, 'up']);
        undone.delete(undo);
      };
      undone.add(undo);
      execFileSync('ip', ['link', 'set', veth, 'down']);
      await sleep(20_000);
      undo();
    },
  };
  return {
    kinds: Object.keys(causes),
    cause: async (kind, machine, rng) => {
      say(`  ${machine}: ${kind}`);
      await causes[kind]?.(machine, rng);
    },
    undo: () => {
      for (const undo of undone) undo();
    },
  };
}
