import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkIdentity } from '../../../src/app/access/certificate.js';
import { lifetime } from '../../../src/app/access/lifetime.js';
import { type Access, kubeconfigText, mergeAccess } from '../../../src/app/access/merge.js';
import { tryEndpoint } from '../../../src/app/access/reach.js';
import { defaultKubeconfig, updateKubeconfig } from '../../../src/app/access/write.js';
import { InputError } from '../../../src/base/errors.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-kubeconfig-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ACCESS: Access = { name: 'lab', user: 'lab-admin', server: 'https://10.0.0.5:6443', ca: 'CA', cert: 'CERT', key: 'KEY' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const KEEP = { use: false, force: false };

/** As people have it: comments, a current context, entries of other tools. */
const OTHERS = `# mine
apiVersion: v1
kind: Config
current-context: work # never change this
preferences: {}
clusters:
- cluster:
    server: https://work.example.org
  name: work
contexts:
- context: {cluster: work, user: me}
  name: work
users:
- name: me
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}
`;

describe('merging a kubeconfig', () => {
  it('makes a new one that is current', () => {
    expect(parse(kubeconfigText(ACCESS))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster: { 'certificate-authority-data': base64('CA'), server: 'https://10.0.0.5:6443' } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab-admin' } }],
      users: [{ name: 'lab-admin', user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') } }],
      'current-context': 'lab',
    });
  });

  it('keeps what is there, comments and the current context included', () => {
    const merged = mergeAccess(OTHERS, 'config', ACCESS, KEEP);
    expect(merged).toContain('# mine\n');
    expect(merged).toContain('current-context: work # never change this\n');
    const [before, after] = [parse(OTHERS), parse(merged)];
    for (const section of ['clusters', 'contexts', 'users']) expect(after[section].slice(0, 1)).toEqual(before[section]);
    expect(after.clusters).toHaveLength(2);
    expect(parse(mergeAccess(OTHERS, 'config', ACCESS, { ...KEEP, use: true }))['current-context']).toBe('lab');
  });

  it('renews its own entries, keeps their namespace, and changes nothing the second time', () => {
    const once = mergeAccess(OTHERS, 'config', ACCESS, KEEP);
    expect(mergeAccess(once, 'config', ACCESS, KEEP)).toBe(once);
    const named = once.replace('      cluster: lab\n', '      cluster: lab\n      namespace: web\n');
    expect(named).not.toBe(once);
    const renewed = parse(mergeAccess(named, 'config', { ...ACCESS, cert: 'NEW', tlsServerName: '10.0.0.5' }, KEEP));
    expect(renewed.contexts[1].context).toEqual({ cluster: 'lab', namespace: 'web', user: 'lab-admin' });
    expect(renewed.users[1].user['client-certificate-data']).toBe(base64('NEW'));
    expect(renewed.clusters[1].cluster['tls-server-name']).toBe('10.0.0.5');
    expect(renewed.users).toHaveLength(2);
  });

  it('refuses the name of another cluster, unless it may be replaced', () => {
    const other = { ...ACCESS, name: 'work' };
    expect(() => mergeAccess(OTHERS, 'config', other, KEEP)).toThrow('work is the name of another cluster in this file');
    expect(parse(mergeAccess(OTHERS, 'config', other, { ...KEEP, force: true })).clusters[0].cluster.server).toBe(ACCESS.server);
  });

  it.each(['a: [1', '- 1\n', 'kind: Pod\n', 'clusters: {}\n', 'text'])('refuses what is no kubeconfig: %j', (text) => {
    expect(() => mergeAccess(text, 'config', ACCESS, KEEP)).toThrow(InputError);
  });

  it.each(['', ' \n', 'apiVersion: v1\nkind: Config\nclusters: null\nusers:\ncontexts: []\n'])(
    'takes an empty one: %j',
    (text) => {
      expect(parse(mergeAccess(text, 'config', ACCESS, KEEP))).toMatchObject(parse(kubeconfigText(ACCESS)));
    },
  );

  it.skipIf(!hasKubectl())('is read by kubectl', () => {
    const file = join(dir, 'for-kubectl');
    writeFileSync(file, mergeAccess(OTHERS, 'config', ACCESS, KEEP), { mode: 0o600 });
    const names = execFileSync('kubectl', ['--kubeconfig', file, 'config', 'get-contexts', '-o', 'name'], { encoding: 'utf8' });
    expect(names.trim().split('\n').sort()).toEqual(['lab', 'work']);
  });
});

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('changing ~/.kube/config', () => {
  let n = 0;
  const fresh = (): string => {
    const folder = join(dir, `${n++}`);
    mkdirSync(folder);
    return join(folder, 'config');
  };
  const refused = (file: string, why: RegExp): void => {
    let error: unknown;
    try {
      updateKubeconfig(file, (text) => `${text}more\n`);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(InputError);
    const { parts } = error as InputError;
    expect(`${parts.what} ${parts.why}`).toMatch(why);
  };

  it('is the first file of KUBECONFIG, or the usual one', () => {
    expect(defaultKubeconfig({ KUBECONFIG: ':/a:/b', HOME: '/h' })).toBe('/a');
    expect(defaultKubeconfig({ HOME: '/h' })).toBe('/h/.kube/config');
  });

  it('makes the directory and a private file', () => {
    const file = join(dir, 'home/.kube/config');
    expect(updateKubeconfig(file, () => 'new\n')).toEqual({});
    expect(readFileSync(file, 'utf8')).toBe('new\n');
    expect([statSync(file).mode & 0o777, statSync(join(dir, 'home/.kube')).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('keeps the former text, and touches nothing without a change', () => {
    const file = fresh();
    writeFileSync(file, 'old\n', { mode: 0o644 });
    expect(updateKubeconfig(file, (text) => `${text}new\n`)).toEqual({ backup: `${file}.kubewright-backup` });
    expect([readFileSync(file, 'utf8'), readFileSync(`${file}.kubewright-backup`, 'utf8')]).toEqual(['old\nnew\n', 'old\n']);
    expect([file, `${file}.kubewright-backup`].map((f) => statSync(f).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(updateKubeconfig(file, (text) => text)).toEqual({});
    expect(readdirSync(join(file, '..')).sort()).toEqual(['config', 'config.kubewright-backup']);
  });

  it('follows a link and leaves it one', () => {
    const [file, link] = [fresh(), join(dir, 'link')];
    writeFileSync(file, 'old\n');
    symlinkSync(file, link);
    updateKubeconfig(link, () => 'new\n');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new\n');
  });

  it('refuses without harm: read-only, a dangling link, a directory, locked', () => {
    const file = fresh();
    writeFileSync(file, 'old\n');
    chmodSync(file, 0o400);
    refused(file, /is read-only/);
    chmodSync(file, 0o600);
    writeFileSync(`${file}.lock`, '');
    refused(file, /Another program is writing/);
    expect(existsSync(`${file}.lock`)).toBe(true);
    rmSync(`${file}.lock`);
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    refused(join(dir, 'dangling'), /link to a file that does not exist/);
    mkdirSync(join(dir, 'folder'));
    refused(join(dir, 'folder'), /is a directory/);
    expect(() =>
      updateKubeconfig(file, () => {
        throw new InputError({ what: 'no kubeconfig' });
      }),
    ).toThrow('no kubeconfig');
    expect(readFileSync(file, 'utf8')).toBe('old\n');
    expect(readdirSync(join(file, '..'))).toEqual(['config']);
  });
});

describe('the address of the API', () => {
  const own = { server: '', ca: '', port: 0 };
  const server = { close: (): void => undefined };
  beforeAll(async () => {
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
    openssl(
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=api -keyout api.key -out api.crt'.split(
        ' ',
      ),
      '-addext',
      'subjectAltName=IP:10.0.0.5,IP:127.0.0.1,DNS:api.example.org',
    );
    own.ca = readFileSync(join(dir, 'api.crt'), 'utf8');
    const tls = createServer({ key: readFileSync(join(dir, 'api.key')), cert: own.ca }, (socket) => socket.end());
    tls.on('tlsClientError', () => undefined);
    await new Promise<void>((done) => tls.listen(0, '127.0.0.1', done));
    const address = tls.address();
    own.port = typeof address === 'object' && address ? address.port : 0;
    own.server = `https://127.0.0.1:${own.port}`;
    server.close = () => void tls.close();
  });
  afterAll(() => server.close());

  it('is taken where the certificate is of this cluster and for this name', async () => {
    expect(await tryEndpoint({ server: own.server }, own.ca)).toEqual({ server: own.server });
    for (const tlsServerName of ['10.0.0.5', 'api.example.org'])
      expect(await tryEndpoint({ server: own.server, tlsServerName }, own.ca)).toEqual({ server: own.server, tlsServerName });
  });

  it('is refused with the reason', async () => {
    expect((await tryEndpoint({ server: own.server, tlsServerName: '10.0.0.6' }, own.ca)).problem).toBe(
      'the certificate is not for 10.0.0.6',
    );
    execFileSync(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=other -keyout o.key -out o.crt'.split(' '),
      { cwd: dir, stdio: 'ignore' },
    );
    expect((await tryEndpoint({ server: own.server }, readFileSync(join(dir, 'o.crt'), 'utf8'))).problem).toMatch(/self.signed/);
    expect((await tryEndpoint({ server: 'https://127.0.0.1:1' }, own.ca)).problem).toBe('nothing listens there');
  });
});

describe('a certificate for somebody', () => {
  it('lives for a time with a unit', () => {
    expect(['10m', '8h', '7d', '600s'].map((text) => lifetime(text, 'certificate'))).toEqual([600, 28_800, 604_800, 600]);
    for (const bad of ['8', 'h', '-1h', '9m', '1w', '']) expect(() => lifetime(bad, 'token')).toThrow(InputError);
  });

  it('is for names that fit into one', () => {
    expect(() => checkIdentity('alice@example.org', ['dev:ops'])).not.toThrow();
    for (const [user, groups] of [
      ['a/CN=root', []],
      ['', []],
      ['alice', ['system:masters']],
      ['system:admin', []],
      ['a b', []],
      ['a,b', []],
    ] as const)
      expect(() => checkIdentity(user, groups)).toThrow(InputError);
  });
});
