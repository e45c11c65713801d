import { readFile, writeFile } from 'node:fs/promises';

/**
 * What the machines share with the box: every systemd, kubelet and containerd in them counts as the box's one root user,
 * so the defaults for a single machine are too low for nine.
 */
const AT_LEAST: Readonly<Record<string, number>> = {
  'net/ipv4/ip_forward': 1,
  'fs/inotify/max_user_instances': 8192,
  'fs/inotify/max_user_watches': 524_288,
};

/** The kubelet in a machine sets these, and they belong to the box (kubelet: protectKernelDefaults). */
const CHANGED_BY_KUBELETS = ['kernel/panic', 'kernel/panic_on_oops', 'vm/overcommit_memory', 'vm/panic_on_oom'];

/** The current values of all settings that a lab changes, without those that this kernel lacks. */
export async function readSysctls(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of [...Object.keys(AT_LEAST), ...CHANGED_BY_KUBELETS]) {
    const value = await readFile(`/proc/sys/${name}`, 'utf8').catch(() => undefined);
    if (value !== undefined) found[name] = value.trim();
  }
  return found;
}

export async function raiseSysctls(): Promise<void> {
  for (const [name, least] of Object.entries(AT_LEAST)) {
    const now = Number(await readFile(`/proc/sys/${name}`, 'utf8').catch(() => least));
    if (now < least) await writeFile(`/proc/sys/${name}`, `${least}\n`).catch(() => {});
  }
}

export async function restoreSysctls(before: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(before)) {
    const now = await readFile(`/proc/sys/${name}`, 'utf8').catch(() => value);
    if (now.trim() !== value) await writeFile(`/proc/sys/${name}`, `${value}\n`).catch(() => {});
  }
}
