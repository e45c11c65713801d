import { createHash } from 'node:crypto';

/**
 * A user's text (a host, an id) as a file name: unchanged if it is safe, else its safe characters and a hash that keeps it
 * unique. @param most characters before the hash.
 */
export function safeName(text: string, most = 100): string {
  const safe = text.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, most);
  return safe === text ? text : `${safe}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
