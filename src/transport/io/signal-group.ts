/** SIGTERM for a child that leads a group of its own (`detached`), and for all that it has started. What another user runs stays. */
export function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
