import { hasCode } from '../../base/io-error.js';
/** SIGTERM for a child that leads its own process group (`detached`), and for the whole group. Other users' processes stay. */
export function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
}
