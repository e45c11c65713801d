import { createHash } from 'node:crypto';

/**
 * A text of the user's (a host, an id) as the name of a file: itself where it can be one; else what is left of it, and a hash that
 * keeps it apart from others. `most`: characters before the hash.
 */
export function safeName(text: string, most = 100): string {
  const safe = text.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, most);
  return safe === text ? text : `${safe}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
