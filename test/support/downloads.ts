import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';
import { catalogueFile } from '../../src/cluster/catalogue.js';
import { CHECKSUM_SETTINGS } from '../../src/cluster/checksums.js';
import type { LabBundle } from './lab-bundles.js';

/** What users download from, made of a bundle: a server with the layout of the official ones, and registries. */

/** Why they cannot be had here. */
export function missingForDownloads(): string | undefined {
  const missing = ['docker-registry', 'skopeo', 'openssl', 'perl'].filter((p) => spawnSync('which', [p]).status !== 0);
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

function must(argv: readonly string[], input?: string): string {
  const [file = '', ...args] = argv;
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

interface BundleFile {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly kind: string;
  readonly innerDir?: string;
  readonly path: string;
}

const indexOf = ({ dir }: LabBundle): { files: BundleFile[]; images: { ref: string; path: string }[] } =>
  JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));

/** Lays the bundle's files out below HOST/PATH of their official URLs. Returns settings: their versions and checksums. */
export function layOut(bundle: LabBundle, root: string): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const file of indexOf(bundle).files) {
    const setting = (CHECKSUM_SETTINGS as Readonly<Record<string, string>>)[file.name];
    if (setting === undefined) continue;
    const own = new Map([[file.version, { [file.arch]: '0'.repeat(64) }]]);
    const official = catalogueFile(file.name, file.version, file.arch, { own });
    if (!official?.url) throw new Error(`the catalogue has no URL for ${file.name}`);
    const target = join(root, official.url.replace(/^https?:\/\//, ''));
    mkdirSync(dirname(target), { recursive: true });
    const from = join(bundle.dir, file.path);
    if ((file.innerDir ?? '') === (official.innerDir ?? '')) copyFileSync(from, target);
    else repack(from, file.innerDir, target, official.innerDir, root);
    const sum = createHash('sha256').update(readFileSync(target)).digest('hex');
    settings[setting] = { [file.name === 'calico-manifest' ? 'no_arch' : file.arch]: { [file.version]: sum } };
    settings[VERSIONS[file.name] ?? 'kube_version'] = file.version;
  }
  return settings;
}

const VERSIONS: Readonly<Record<string, string>> = {
  runc: 'runc_version',
  etcd: 'etcd_version',
  containerd: 'containerd_version',
  'cni-plugins': 'cni_version',
  crictl: 'crictl_version',
  'calico-manifest': 'calico_version',
};

function repack(from: string, inner: string | undefined, to: string, wanted: string | undefined, root: string): void {
  const work = join(root, '.work');
  const files = join(work, wanted ?? '.');
  mkdirSync(files, { recursive: true });
  const strip = (inner ?? '').split('/').filter((p) => p !== '').length;
  must(['tar', '-xzf', from, '-C', files, `--strip-components=${strip}`]);
  must(['tar', '-czf', to, '-C', work, wanted?.split('/')[0] ?? '.']);
  rmSync(work, { recursive: true });
}

/** Serves a directory on an address of this box, at a port that is free. */
export function serveFiles(root: string, address: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const path = join(root, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)));
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': stat.size });
    createReadStream(path).pipe(response);
  });
  return new Promise((done) =>
    server.listen(0, address, () => done({ server, url: `http://${address}:${(server.address() as AddressInfo).port}` })),
  );
}

export interface Registry {
  /** `10.77.0.1:5000`. */
  readonly name: string;
  readonly child: ChildProcess;
  readonly login?: { readonly user: string; readonly password: string };
}

/** Debian's docker-registry, plain, or with a password and a certificate of its own CA (`ca.pem` in its directory). */
export async function startRegistry(dir: string, address: string, port: number, login?: Registry['login']): Promise<Registry> {
  mkdirSync(dir, { recursive: true });
  const config = ['version: 0.1', 'log: { level: warn }', 'storage:', `  filesystem: { rootdirectory: ${join(dir, 'data')} }`];
  config.push('http:', `  addr: ${address}:${port}`);
  if (login) {
    const [ca, key] = [join(dir, 'ca.pem'), join(dir, 'key.pem')];
    const name = ['-subj', '/CN=registry of the lab', '-addext', `subjectAltName=IP:${address}`];
    must(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', ca, ...name]);
    const hash = must(['perl', '-e', 'print crypt($ARGV[0], q($2y$08$abcdefghijklmnopqrstuu))', login.password]);
    writeFileSync(join(dir, 'htpasswd'), `${login.user}:${hash}\n`);
    config.push(
      `  tls: { certificate: ${ca}, key: ${key} }`,
      'auth:',
      `  htpasswd: { realm: lab, path: ${join(dir, 'htpasswd')} }`,
    );
  }
  writeFileSync(join(dir, 'config.yml'), `${config.join('\n')}\n`);
  const child = spawn('docker-registry', ['serve', join(dir, 'config.yml')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const registry = { name: `${address}:${port}`, child, login };
  for (let i = 0; spawnSync('curl', ['-sk', `http${login ? 's' : ''}://${registry.name}/v2/`]).status !== 0; i++) {
    if (i > 100 || child.exitCode !== null) throw new Error('the registry does not answer');
    await new Promise((r) => setTimeout(r, 200));
  }
  return registry;
}

/** @param as the name in the registry for an image of the bundle; undefined: it is left out. */
export async function pushImages(
  bundle: LabBundle,
  registry: Registry,
  as: (ref: string) => string | undefined,
): Promise<string[]> {
  const credentials = registry.login ? [`--dest-creds=${registry.login.user}:${registry.login.password}`] : [];
  const pushed: string[] = [];
  for (const { ref, path } of indexOf(bundle).images) {
    const name = as(ref);
    if (name === undefined) continue;
    const argv = ['copy', '--quiet', '--insecure-policy', '--dest-tls-verify=false', '--dest-compress-level=1', ...credentials];
    const child = spawn('skopeo', [
      ...argv,
      `docker-archive:${join(bundle.dir, path)}:${ref}`,
      `docker://${registry.name}/${name}`,
    ]);
    let said = '';
    child.stderr.on('data', (c: Buffer) => {
      said += c.toString();
    });
    const code = await new Promise((done) => child.on('close', done));
    if (code !== 0) throw new Error(`${ref}: ${said}`);
    pushed.push(name);
  }
  return pushed;
}
