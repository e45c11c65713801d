import { existsSync, writeFileSync } from 'node:fs';
import { InputError } from '../../base/errors.js';
import { ioError } from '../../base/io-error.js';
import { writeWarning } from '../../base/text/render-error.js';
import type { Host } from '../../inventory/model/model.js';
import { contextName, parseAdmin } from '../access/access.js';
import { adminKubeconfig } from '../access/answer.js';
import { checkIdentity, issueCertificate } from '../access/certificate.js';
import { onControlPlane } from '../access/control-plane.js';
import { lifetime } from '../access/lifetime.js';
import { type Access, kubeconfigText, mergeAccess } from '../access/merge.js';
import { candidates, type Endpoint, endpointOf, tryEndpoint } from '../access/reach.js';
import { defaultKubeconfig, updateKubeconfig } from '../access/write.js';
import type { ConnectionOptions, VaultOptions } from '../connect/options.js';
import { type ClusterSource, readCluster } from '../inventory/read-cluster.js';
import { openTunnel } from './tunnel.js';

export interface KubeconfigOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly connection: ConnectionOptions;
  /** Add the context to ~/.kube/config. */
  readonly merge: boolean;
  /** Make it the current context. */
  readonly use: boolean;
  readonly force: boolean;
  /** Of the context; default: by the cluster or the inventory. */
  readonly name?: string;
  readonly output?: string;
  /** A client certificate for this user instead of the admin's. */
  readonly user?: string;
  readonly group: readonly string[];
  readonly ttl: string;
  /** Keep an SSH tunnel to the API open. */
  readonly tunnel: boolean;
}

/** As the file system says it. */
const EXISTS = Object.assign(new Error('EEXIST'), { code: 'EEXIST' });

/** `kubeconfig`. @returns exit code. @throws KubewrightError */
export async function runKubeconfig(o: KubeconfigOptions): Promise<number> {
  const ttl = lifetime(o.ttl, 'certificate');
  if (o.user !== undefined) checkIdentity(o.user, o.group);
  else if (o.group.length > 0)
    throw new InputError({ what: '--group needs --user', fix: 'Name the user that the certificate is for: --user NAME' });
  if (o.output !== undefined && !o.merge && !o.force && existsSync(o.output)) throw writeError(o.output, EXISTS, false);
  const source = await readCluster({ ...o, evenEtcd: true });
  await source.bundle?.close();
  const name = contextName(o.name, source);
  const { access, host } = await onControlPlane(source, o.connection, async (session, from) => {
    const admin = parseAdmin(await adminKubeconfig(session));
    if (o.user === undefined) return { access: admin, host: from };
    const issued = await issueCertificate(session, source.cluster.settings.bin_dir, { user: o.user, groups: o.group, ttl });
    const late = issued.until.getTime() - Date.now() > 1.5 * ttl * 1000;
    if (late)
      writeWarning({
        what: `The certificate is valid until ${issued.until.toISOString()}`,
        why: 'Kubernetes before 1.22 does not shorten it',
      });
    else say(`Certificate of ${o.user}, valid until ${issued.until.toISOString()}`);
    return { access: { ...admin, cert: issued.cert, key: issued.key }, host: from };
  });
  const user = `${name}-${o.user ?? 'admin'}`;
  if (o.tunnel) return await withTunnel(o, source, host, { ...access, name, user });
  const endpoint = await reachable(source, access.ca);
  deliver(o, { ...access, ...endpoint, name, user });
  return 0;
}

async function withTunnel(
  o: KubeconfigOptions,
  source: ClusterSource,
  host: Host,
  access: Omit<Access, 'server'>,
): Promise<number> {
  const node = source.cluster.controlPlane.find((h) => h.name === host.name);
  const to = { address: node?.ip ?? '127.0.0.1', port: source.cluster.settings.kube_apiserver_port };
  return await openTunnel({ inventory: source.inventory, connection: o.connection, host, to }, (port) => {
    deliver(
      { ...o, merge: o.merge || o.output === undefined },
      { ...access, server: `https://127.0.0.1:${port}`, tlsServerName: to.address },
    );
    say(`The tunnel to ${host.name} is open; Ctrl-C closes it.`);
  });
}

/** The first address that answers from here; else the cluster's own, with a warning. */
async function reachable(source: ClusterSource, ca: string): Promise<Endpoint> {
  const attempts = [];
  for (const candidate of candidates(source.cluster, source.inventory.hosts)) {
    const { problem, ...endpoint } = await tryEndpoint(candidate, ca);
    if (problem === undefined) return endpoint;
    attempts.push(`${endpoint.server}: ${problem}`);
  }
  writeWarning({
    what: 'The API server cannot be reached from here',
    why: attempts.join('\n'),
    fix: `Run kubewright kubeconfig with --tunnel, which keeps an SSH tunnel to it open, or open the way to it`,
  });
  return endpointOf(source.cluster);
}

function deliver(o: KubeconfigOptions, access: Access): void {
  if (!o.merge && o.output === undefined) {
    process.stdout.write(kubeconfigText(access));
    return;
  }
  const file = o.output ?? defaultKubeconfig(process.env);
  if (o.merge) {
    const { backup } = updateKubeconfig(file, (text) => mergeAccess(text, file, access, o));
    say(`Context ${access.name} is in ${file}${backup === undefined ? '' : `; the former file is ${backup}`}`);
  } else {
    writePrivate(file, kubeconfigText(access), o.force);
    say(`Kubeconfig: ${file}`);
  }
  const option = o.output === undefined ? '' : ` --kubeconfig ${file}`;
  say(`Try: kubectl${option} --context ${access.name} get nodes`);
  if (o.user !== undefined)
    say(
      `${o.user} may do nothing yet. A binding allows it, for example: kubectl create clusterrolebinding ${access.user}-view --clusterrole view --user ${o.user}`,
    );
}

function writePrivate(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw writeError(file, cause, force);
  }
}

function writeError(file: string, cause: unknown, force: boolean): InputError {
  const fix = force ? undefined : 'Name another file with -o, merge into it with --merge, or replace it with --force';
  return new InputError(ioError('The kubeconfig cannot be written', file, cause, fix));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
