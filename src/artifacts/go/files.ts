import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archive, describe, type FilePart, plain } from '../build/files.js';
import type { BundleFile } from '../bundle-index.js';
import { goProgramFile } from './compile.js';
import { buildOf, moduleDir, type Packing } from './module-files.js';
import type { GoComponentName } from './table.js';

/** Puts the programs into `files/`, in the layout of the archives that their projects publish. */
export async function writeGoFiles(p: Packing): Promise<BundleFile[]> {
  const { ctx, plan } = p;
  await mkdir(join(ctx.outDir, 'files'), { recursive: true });
  const version = (name: GoComponentName) => buildOf(plan, name).version;
  const programs = (name: GoComponentName, ...only: string[]) => {
    const build = buildOf(plan, name);
    return (only.length > 0 ? only : [...build.programs.values()].sort()).map((n) => goProgramFile(ctx, build, n));
  };
  const parts: FilePart[] = [];
  for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
    parts.push(await plain(ctx, name, plan.kubeVersion, programs('kubernetes', name)[0] ?? ''));
  }
  parts.push(await plain(ctx, 'runc', version('runc'), programs('runc')[0] ?? ''));

  const etcd = version('etcd');
  const etcdDir = `etcd-v${etcd}-linux-${ctx.arch}`;
  parts.push(await archive(ctx, { name: 'etcd', version: etcd, file: etcdDir, innerDir: etcdDir }, programs('etcd')));

  const containerd = version('containerd');
  const named = { name: 'containerd', version: containerd, file: `containerd-${containerd}-linux-${ctx.arch}`, innerDir: 'bin' };
  parts.push(await archive(ctx, named, programs('containerd')));

  const cni = version('cni-plugins');
  parts.push(
    await archive(
      ctx,
      { name: 'cni-plugins', version: cni, file: `cni-plugins-linux-${ctx.arch}-v${cni}` },
      programs('cni-plugins'),
    ),
  );

  const crictl = version('crictl');
  parts.push(
    await archive(ctx, { name: 'crictl', version: crictl, file: `crictl-v${crictl}-linux-${ctx.arch}` }, programs('crictl')),
  );

  const calico = version('calico');
  const manifest = join(moduleDir(p, 'calico'), 'manifests/calico.yaml');
  parts.push(await archive(ctx, { name: 'calico-manifest', version: calico, file: `calico-manifest-v${calico}` }, [manifest]));
  return describe(ctx, parts);
}
