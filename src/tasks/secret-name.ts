import { sha256 } from './file.js';

/**
 * A name for what is secret in a task of the user's. Ids may be of any length and hold slashes, names of secrets are names of files:
 * where an id does not fit, its hash keeps it apart from others.
 */
export function secretName(text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
  return safe === text ? `task.${text}` : `task.${safe}-${sha256(text).slice(0, 16)}`;
}
