import { homedir } from 'node:os';
import { join } from 'node:path';

/** `~` and environment variables, as Ansible expands them. */
export function expandPath(path: string): string {
  const expanded = path.replaceAll(
    /\$(?:\{([^}]+)\}|([A-Za-z0-9_]+))/g,
    (whole, a?: string, b?: string) => process.env[a ?? b ?? ''] ?? whole,
  );
  return expanded === '~' || expanded.startsWith('~/') ? join(homedir(), expanded.slice(1)) : expanded;
}
