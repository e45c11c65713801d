import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { dir } from '../build/image-parts.js';
import type { TarEntry } from '../tar.js';
import { treeEntries } from '../tree.js';
import { moduleDir, moduleText, type Packing } from './module-files.js';

const TEMPLATE = 'etc/calico/confd/templates/bird_ipam.cfg.template';
/** Lines of that template which set how routes are tunnelled. */
const TUNNEL_LINES = 4;

/** Variables of the image. The first as in the project's own; without the second, Felix ends where it was built without libbpf. */
export const CALICO_NODE_ENV = ['SVDIR=/etc/service/enabled', 'FELIX_DebugSkipCTLBCleanup=true'];

/**
 * What the project's own image of calico-node has beside its programs, out of the module: services, start scripts and the
 * templates of BIRD's configuration. A module's archive has no execute bits, and its files cannot be written.
 *
 * @throws KubewrightError when the module's files are not what this was made for.
 */
export async function calicoNodeFiles(p: Packing): Promise<TarEntry[]> {
  const module = moduleDir(p, 'calico');
  const etc = await treeEntries(join(module, 'node/filesystem/etc'));
  const confd = await treeEntries(join(module, 'confd/etc'));
  const sbin = await treeEntries(join(module, 'node/filesystem/sbin'));
  const entries = new Map<string, TarEntry>();
  for (const e of [...under('etc', etc), ...under('etc', confd), ...under('usr/sbin', sbin)]) entries.set(e.path, e);
  const template = withoutTunnels(await moduleText(p, 'calico', join('confd', TEMPLATE)));
  entries.set(TEMPLATE, { type: 'file', path: TEMPLATE, mode: 0o644, content: template });
  return [...entries.values()];
}

function under(place: string, entries: readonly TarEntry[]): TarEntry[] {
  return entries.map((e) => {
    const path = `${place}/${e.path}`;
    if (e.type === 'directory') return dir(path);
    const executable = place === 'usr/sbin' || /(^|\/)(run|rc\.local)$/.test(path);
    return { ...e, path, mode: executable ? 0o755 : 0o644, uid: 0, gid: 0 };
  });
}

/**
 * Debian's BIRD does not know `krt_tunnel`, an attribute of Calico's own, and refuses a configuration that has it. Only IP in IP
 * needs it.
 */
export function withoutTunnels(template: string): string {
  const lines = template.split('\n');
  const kept = lines.filter((line) => !line.includes('krt_tunnel'));
  if (lines.length - kept.length === TUNNEL_LINES) return kept.join('\n');
  throw new KubewrightError({
    what: "Calico's template of BIRD's configuration is not the one that this was made for",
    where: wholeFile(TEMPLATE),
    why: `krt_tunnel is in ${lines.length - kept.length} lines, expected are ${TUNNEL_LINES}`,
    fix: 'Report this as a bug',
  });
}
