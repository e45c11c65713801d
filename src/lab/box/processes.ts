import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Identifies a process for good: a pid is reused sooner or later, but not together with its start time. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly started: string;
  /** A boot of the box (/proc/sys/kernel/random/boot_id): ticks alone may repeat after a reboot. */
  readonly boot: string;
}

export async function identify(pid: number): Promise<ProcessId | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = parseStat(stat);
  if (!fields || fields.state === 'Z') return undefined;
  return { pid, started: fields.started, boot: await bootId() };
}

/** The command's name is in parentheses and may itself contain spaces and parentheses. */
function parseStat(stat: string): { state: string; started: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state && started ? { state, started } : undefined;
}

export async function isAlive(id: ProcessId | undefined): Promise<boolean> {
  if (!id) return false;
  const now = await identify(id.pid);
  return now !== undefined && now.started === id.started && now.boot === id.boot;
}

/** Sends a signal unless the process is gone. */
export async function signalProcess(id: ProcessId, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // it has ended meanwhile
  }
}

/** Whether `done` became true in time. */
export async function waitUntil(done: () => Promise<boolean>, ms: number, everyMs = 100): Promise<boolean> {
  const end = Date.now() + ms;
  for (;;) {
    if (await done()) return true;
    if (Date.now() > end) return false;
    await sleep(everyMs);
  }
}

/** When a process began, from its start time and the box's boot time (btime of /proc/stat, seconds). */
export async function startedAt(id: ProcessId): Promise<Date> {
  const stat = await readFile('/proc/stat', 'utf8');
  const boot = Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0);
  const ticksPerSecond = 100; // USER_HZ, the same on every Linux architecture that Node.js runs on
  return new Date((boot + Number(id.started) / ticksPerSecond) * 1000);
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
