/** SIGTERM for a child that leads its own process group (`detached`), and for the whole group. Other users' processes stay. */
export function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
