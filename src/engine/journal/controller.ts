import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/** The process that controls a run, as written in the lock: who, from where, and how to tell whether it is alive. */
export interface Controller {
  readonly user: string;
  readonly host: string;
  /** machine-id, boot id, pid namespace, pid, start time in ticks: five words, or '' where the system lacks them. */
  readonly process: string;
}

export function ownController(): Controller {
  let user = 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // A user id without an entry in passwd.
  }
  return { user, host: hostname(), process: ownProcess() };
}

/** The same user on the same machine, as far as names tell. */
export function sameOperator(a: Controller, b: Controller): boolean {
  return a.user === b.user && a.host === b.host;
}

/**
 * `alive` and `gone` are certain: the process belongs to this boot of this machine. `elsewhere`: another computer, another
 * container or an earlier boot; only its heartbeat can tell.
 */
export function processState(other: Controller, own: Controller): 'alive' | 'gone' | 'elsewhere' {
  const [machine, boot, namespace, pid, start] = other.process.split(' ');
  const [ownMachine, ownBoot, ownNamespace] = own.process.split(' ');
  if (!start || !ownMachine || machine !== ownMachine || boot !== ownBoot || namespace !== ownNamespace) return 'elsewhere';
  return startOf(Number(pid)) === start ? 'alive' : 'gone';
}

/** Process id of a controller, valid on its own machine. */
export function pidOf(c: Controller): number | undefined {
  const pid = Number(c.process.split(' ')[3]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function ownProcess(): string {
  try {
    const machine = readFileSync('/etc/machine-id', 'utf8').trim() || hostname();
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const start = startOf(process.pid);
    if (start === undefined) return '';
    return [machine, boot, readlinkSync('/proc/self/ns/pid'), process.pid, start].join(' ');
  } catch {
    // Not Linux: only the heartbeat counts.
    return '';
  }
}

/** Start time of a process in ticks since boot (proc_pid_stat(5), field 22); undefined: no such process, or a dead one. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, field 2, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
