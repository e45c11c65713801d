import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const SUITE = 'bookworm';
const SUITES = new Set([SUITE, `${SUITE}-updates`, `${SUITE}-security`]);

/**
 * Where packages of Debian bookworm come from, as one-line apt entries, each with its `deb-src`.
 * KUBEWRIGHT_DEBIAN_MIRROR wins; then this machine's own sources, if they name bookworm; then deb.debian.org.
 *
 * @param suite another one, from the same mirrors.
 */
export async function debianSources(
  env: NodeJS.ProcessEnv = process.env,
  etcApt = '/etc/apt',
  suite: string = SUITE,
): Promise<string[]> {
  const mirror = env.KUBEWRIGHT_DEBIAN_MIRROR;
  const own = mirror ? [`${mirror} ${SUITE} main`] : await ownSources(etcApt);
  const found = own.some((e) => e.split(/\s+/).includes(SUITE)) ? own : DEFAULT;
  return found.map((entry) => entry.replace(` ${SUITE}`, ` ${suite}`)).flatMap((entry) => [`deb ${entry}`, `deb-src ${entry}`]);
}

const DEFAULT = [
  `http://deb.debian.org/debian ${SUITE} main`,
  `http://deb.debian.org/debian ${SUITE}-updates main`,
  `http://deb.debian.org/debian-security ${SUITE}-security main`,
];

async function ownSources(etcApt: string): Promise<string[]> {
  const dropIns = (await readdir(join(etcApt, 'sources.list.d')).catch(() => [])).sort();
  const files = [join(etcApt, 'sources.list'), ...dropIns.map((f) => join(etcApt, 'sources.list.d', f))];
  const entries: string[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (file.endsWith('.list')) entries.push(...parseList(text));
    if (file.endsWith('.sources')) entries.push(...parseDeb822(text));
  }
  return [...new Set(entries)];
}

/** The one-line format: `deb [options] URI SUITE COMPONENT…`. Options are dropped: mmdebstrap finds the keyring. */
export function parseList(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const m = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.replace(/#.*/, ''));
    const [, uri = '', suite = '', parts = ''] = m ?? [];
    return m ? entriesOf([uri], [suite], parts.split(/\s+/)) : [];
  });
}

/** The paragraph format (`Types: deb`, `URIs: …`). */
export function parseDeb822(text: string): string[] {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const fields = new Map<string, string[]>();
    for (const m of paragraph.matchAll(/^([\w-]+):((?:.*\n?)(?:[ \t].*\n?)*)/gm)) {
      fields.set((m[1] ?? '').toLowerCase(), (m[2] ?? '').trim().split(/\s+/));
    }
    if (!fields.get('types')?.includes('deb') || fields.get('enabled')?.[0] === 'no') return [];
    return entriesOf(fields.get('uris') ?? [], fields.get('suites') ?? [], fields.get('components') ?? []);
  });
}

function entriesOf(uris: readonly string[], suites: readonly string[], parts: readonly string[]): string[] {
  const uri = uris[0];
  if (!uri || !parts.includes('main')) return [];
  return suites.filter((s) => SUITES.has(s)).map((suite) => `${uri} ${suite} main`);
}

/**
 * How this machine's apt reaches its archive (proxy, CA, retries, leniency about dates), as lines of apt.conf.
 * May contain a proxy's password: write it to a file that only root can read, never into an image or an argument.
 */
export async function aptAcquireOptions(): Promise<string> {
  const { stdout } = await promisify(execFile)('apt-config', ['dump', 'Acquire']);
  return acquireOptions(stdout);
}

export function acquireOptions(dump: string): string {
  const wanted = /^Acquire::(?:https?::|Retries |Check-|ForceIPv|Max-FutureTime ).*";$/i;
  return dump
    .split('\n')
    .filter((line) => wanted.test(line) && !line.endsWith(' "";'))
    .map((line) => `${line}\n`)
    .join('');
}
