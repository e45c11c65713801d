import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from './processes.js';

/** A cgroup hierarchy of the box, and this process's cgroup in it. */
export interface Hierarchy {
  readonly mount: string;
  readonly version: 1 | 2;
  /** 'cpu,cpuacct', 'name=systemd'; empty for version 2. */
  readonly controllers: string;
  /** Our own cgroup, as a path below the mount: '/' or '/user.slice/…'. */
  readonly own: string;
}

/** From /proc/self/mountinfo and /proc/self/cgroup (cgroups(7)). */
function parseHierarchies(mountinfo: string, cgroup: string): Hierarchy[] {
  const own = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const m = /^\d+:([^:]*):(.*)$/.exec(line);
    if (m) own.set(sorted(m[1] ?? ''), m[2] ?? '/');
  }
  const seen = new Set<string>();
  return mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [type, , options = ''] = right.split(' ');
    const [, , , root, mount] = left.split(' ');
    if ((type !== 'cgroup' && type !== 'cgroup2') || root !== '/' || !mount) return [];
    const version = type === 'cgroup2' ? 2 : 1;
    const names = options
      .split(',')
      .filter((o) => o.startsWith('name=') || own.has(o) || [...own.keys()].some((k) => k.split(',').includes(o)));
    const controllers = version === 2 ? '' : sorted(names.join(','));
    if (seen.has(controllers)) return [];
    seen.add(controllers);
    return [{ mount, version, controllers, own: own.get(controllers) ?? '/' }];
  });
}

function sorted(controllers: string): string {
  return controllers.split(',').sort().join(',');
}

export async function boxHierarchies(): Promise<Hierarchy[]> {
  return parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8'), await readFile('/proc/self/cgroup', 'utf8'));
}

/** Which version the machines will see: 1 as soon as any controller is mounted the old way. */
export function cgroupVersion(hierarchies: readonly Hierarchy[]): 1 | 2 {
  return hierarchies.some((h) => h.version === 1) ? 1 : 2;
}

/**
 * The directories of one machine, one per hierarchy. In version 1 they are below our own cgroup, so that a limit set on
 * this session applies to the machines too. In a pure version 2 a cgroup that holds processes can't hand controllers to
 * its children, except the topmost: so they are at the top.
 */
export function machineCgroups(hierarchies: readonly Hierarchy[], name: string): string[] {
  const pure = cgroupVersion(hierarchies) === 2;
  return hierarchies.map((h) => join(h.mount, pure ? '/' : h.own, name));
}

export async function makeCgroups(folders: readonly string[], hierarchies: readonly Hierarchy[]): Promise<void> {
  if (cgroupVersion(hierarchies) === 2) await enableControllers(hierarchies);
  for (const folder of folders) {
    await mkdir(folder).catch(ignore('EEXIST'));
    // A new v1 cpuset is empty and accepts no process; clone_children does the same for the machine's own children.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const above = await readFile(join(folder, '..', file), 'utf8').catch(() => '');
      if (above.trim() && (await readFile(join(folder, 'cgroup.clone_children'), 'utf8').catch(() => '')) !== '') {
        await writeFile(join(folder, file), above);
      }
    }
    if (folder.split('/').includes('cpuset')) await writeFile(join(folder, 'cgroup.clone_children'), '1').catch(() => {});
  }
}

async function enableControllers(hierarchies: readonly Hierarchy[]): Promise<void> {
  for (const h of hierarchies) {
    const all = (await readFile(join(h.mount, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/).filter(Boolean);
    for (const c of all) await writeFile(join(h.mount, 'cgroup.subtree_control'), `+${c}`).catch(() => {});
  }
}

/** All processes in these cgroups and below: for a lab machine, exactly its own. */
export async function processesIn(folders: readonly string[]): Promise<number[]> {
  const pids = new Set<number>();
  for (const folder of folders) {
    for (const dir of await tree(folder)) {
      const text = await readFile(join(dir, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const pid of text.split('\n').filter(Boolean)) pids.add(Number(pid));
    }
  }
  return [...pids].filter((pid) => pid > 1);
}

/** Kills the remaining processes in the cgroups and removes them; false if one would not die. */
export async function removeCgroups(folders: readonly string[]): Promise<boolean> {
  const empty = await waitUntil(async () => {
    const pids = await processesIn(folders);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended meanwhile
      }
    }
    return pids.length === 0;
  }, 60_000);
  for (const folder of folders) {
    for (const dir of (await tree(folder)).reverse()) {
      // An exiting process may hold its cgroup for a moment longer.
      await waitUntil(
        () =>
          rmdir(dir).then(
            () => true,
            (e: NodeJS.ErrnoException) => e.code === 'ENOENT',
          ),
        20_000,
      );
    }
  }
  const left = await Promise.all(
    folders.map((f) =>
      stat(f).then(
        () => true,
        () => false,
      ),
    ),
  );
  return empty && !left.includes(true);
}

/** The directory and all below it, parents first; empty if there is none. */
async function tree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const below = await Promise.all(entries.filter((e) => e.isDirectory()).map((e) => tree(join(folder, e.name))));
  return [folder, ...below.flat()];
}

function ignore(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
