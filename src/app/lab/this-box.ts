import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostFacts } from '../../facts/facts.js';
import { parseOsRelease } from '../../facts/os-release.js';

/** What runs on this box; undefined where os-release(5) is missing, as outside Linux. @param root where to look. */
export async function thisOs(root = '/'): Promise<HostFacts['os'] | undefined> {
  for (const file of ['etc/os-release', 'usr/lib/os-release']) {
    const text = await readFile(join(root, file), 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return undefined;
}
