/** Text for people that several layers make: numbers with their noun, lengths of time. */

/** `0.4s`, `12s`, `3m05s`, `1h02m`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

/** `1 host`, `2 hosts`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `4.3 MB`, `2.1 GB`: units of 1000, as disks and `ls` without `-h` count. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let at = 0;
  for (; size >= 999.5 && at < units.length - 1; at++) size /= 1000;
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[at]}`;
}
