import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFacts } from '../../../src/facts/living/living-facts.js';
import {
  apiProbe,
  clusterConfigurationProbe,
  etcdAuthorityProbe,
  kubeletProbe,
  livingProbe,
} from '../../../src/facts/living/probe-living.js';
import { parseFacts } from '../../../src/facts/parse.js';

const text = readFileSync('test/fixtures/living/control-plane.txt', 'utf8');

describe('facts of a living cluster', () => {
  it('are read from what a control plane printed', () => {
    const living = parseFacts(text, 0).living;
    expect(living?.running).toEqual({ kubelet: '1.36.3', containerd: '2.4.2', etcd: '3.6.16' });
    expect(living?.staticPods['kube-apiserver']).toMatchObject({
      image: 'registry.k8s.io/kube-apiserver:v1.36.3',
      args: { 'service-cluster-ip-range': '10.233.0.0/18', 'secure-port': '6443', 'allow-privileged': 'true' },
    });
    expect(Object.keys(living?.staticPods ?? {})).toEqual(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']);
    const apiserver = living?.certificates.find((c) => c.path === '/etc/kubernetes/pki/apiserver.crt');
    expect(new Date(apiserver?.endsAt ?? 0).toISOString()).toBe('2027-11-29T04:01:18.000Z');
    expect(apiserver?.subject).toBe('CN=kube-apiserver');
    expect(apiserver?.sans).toContain('IP:10.81.0.12');
    expect(apiserver?.sans).toContain('DNS:m13-k8s');
  });

  it('has etcd with IDs of 64 bits', () => {
    const etcd = parseFacts(text, 0).living?.etcd;
    expect(etcd?.data).toEqual(['/var/lib/etcd']);
    expect(etcd?.hasCaKey).toBe(true);
    expect(etcd?.env.ETCD_INITIAL_CLUSTER_STATE).toBe('new');
    expect(etcd?.status).toMatchObject({
      memberId: 'fb172d5069b70796',
      leader: '2c468341bb48e807',
      version: '3.6.16',
      errors: '',
    });
    expect(etcd?.members.map((m) => [m.id, m.name, m.peerUrls[0], m.started, m.isLearner])).toContainEqual([
      'fb172d5069b70796',
      'etcd1',
      'https://10.81.0.11:2380',
      true,
      false,
    ]);
    expect(new Set(etcd?.ca.map((c) => c.fingerprint)).size).toBe(1);
  });

  it('has what the API server said', () => {
    const api = parseFacts(text, 0).living?.api;
    expect(api).toMatchObject({ version: '1.36.3', ready: true });
    expect(api?.nodes[0]).toEqual({
      name: 'm11-k8s',
      kubelet: '1.36.3',
      runtime: 'containerd://2.4.2',
      ready: false,
      cordoned: false,
      why: '',
      internalIp: '10.81.0.11',
      podCidr: '10.233.64.0/24',
      roles: ['control-plane'],
    });
    expect(api?.clusterConfiguration).toContain('\n  podSubnet: 10.233.64.0/18\n');
    expect(api?.controlPlanePods).toContainEqual({
      node: 'm12-k8s',
      component: 'kube-scheduler',
      image: 'registry.k8s.io/kube-scheduler:v1.36.3',
    });
  });

  it('says why an API server did not answer, and takes the configuration from the file', () => {
    const file = Buffer.from('kind: ClusterConfiguration\nclusterName: c\n').toString('base64');
    const dead = `clock\t1\narch\tx86_64\nliving\tyes\napi\tasked\nkubeadm-file\t${file}\napi-error\tconnection refused\n`;
    expect(parseFacts(dead, 0).living?.api).toMatchObject({
      ready: false,
      error: 'connection refused',
      clusterConfiguration: 'kind: ClusterConfiguration\nclusterName: c\n',
    });
    expect(parseFacts(dead, 0).living?.api?.version).toBeUndefined();
  });

  it('has why a node is not Ready, and the Services beside it', () => {
    const more = 'node-why\tm11-k8s "container runtime network not ready: \\"cni\\""\nservice\tcoredns\nservice\tkube-dns\n';
    const api = parseFacts(`${text}${more}`, 0).living?.api;
    expect(api?.nodes.map((n) => n.why)).toEqual(['container runtime network not ready: "cni"', '']);
    expect(api?.services).toEqual(['coredns', 'kube-dns']);
  });

  it('takes an etcd without a leader for one without', () => {
    const lost = text.replace(/"Leader" : \d+/, '"Leader" : 0').replaceAll(/^etcd-member.*\n/gm, '');
    expect(parseFacts(lost, 0).living?.etcd?.status?.leader).toBeUndefined();
    expect(parseFacts(lost, 0).living?.etcd?.members).toEqual([]);
  });

  it('is absent on a host without a cluster', () => {
    expect(parseFacts('clock\t1\narch\tx86_64\n', 0).living).toBeUndefined();
  });
});

describe("kubeadm's configuration in its file", () => {
  it('is the one document, without those beside it', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kw-kubeadm-'));
    try {
      const file = join(dir, 'kubeadm-config.yaml');
      const document = 'kind: ClusterConfiguration\nclusterName: c\nnetworking:\n  podSubnet: 10.0.0.0/16\n';
      writeFileSync(file, `kind: InitConfiguration\ncertificateKey: abc\n---\napiVersion: v1\n${document}---\nkind: Other\n`);
      const input = `${clusterConfigurationProbe().text}\ncluster_configuration ${file}\n`;
      expect(execFileSync('sh', { input, encoding: 'utf8' })).toBe(`apiVersion: v1\n${document}`);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('the configuration of a kubelet', () => {
  it('gives the fields that are settings, whoever wrote them', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kw-kubelet-'));
    try {
      const file = join(dir, 'kubelet-config.yaml');
      writeFileSync(
        file,
        'kind: KubeletConfiguration\ncgroupDriver: "cgroupfs"\nmaxPods: 250\nevictionHard:\n  maxPods: 1\nfailSwapOn: false\n',
      );
      const out = execFileSync('sh', { input: `${kubeletProbe().text}\nkubelet_fields ${file}\n`, encoding: 'utf8' });
      const { living } = parseFacts(`clock\t1\narch\tx86_64\nliving\tyes\n${out}`, 0);
      expect(living?.kubelet).toEqual({ cgroupDriver: 'cgroupfs', maxPods: '250', failSwapOn: 'false' });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("etcd's authority", () => {
  it('is the one that the member trusts, and without settings of a member the one of the inventory', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kw-authority-'));
    try {
      const [env, ca] = [join(dir, 'etcd.env'), join(dir, 'ca.pem')];
      writeFileSync(ca, 'x');
      const ask = (): string =>
        execFileSync('sh', {
          input: `${etcdAuthorityProbe('/etc/elsewhere').text}\netcd_authority ${env}\nprintf %s "$authority"\n`,
          encoding: 'utf8',
        });
      expect(ask()).toBe('/etc/elsewhere/ca.pem');
      writeFileSync(env, `ETCD_NAME=etcd1\nETCD_TRUSTED_CA_FILE="${ca}"\nETCD_PEER_TRUSTED_CA_FILE=/nowhere/ca.pem\n`);
      expect(ask()).toBe(ca);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('the probe of a living cluster', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kw-living-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** Runs it with programs that tell of their start. */
  function run(data: string): string {
    for (const program of ['systemctl', 'openssl', 'kubectl', 'etcdctl', 'sed', 'awk', 'timeout'])
      writeFileSync(join(dir, program), `#!/bin/sh\necho ${program} >> ${dir}/started\n`, { mode: 0o755 });
    writeFileSync(join(dir, 'started'), '');
    const places = { binDir: '/nowhere', etcdDataDir: data, etcdCertDir: '/nowhere' };
    const say = `PATH=${dir}:$PATH\nsay() { printf '%s\\t%s\\n' "$1" "$2"; }\n`;
    return execFileSync('sh', { input: `${say}${livingProbe(places).text}`, encoding: 'utf8' });
  }

  it('starts no program on a host without a cluster', () => {
    expect(run(join(dir, 'etcd'))).toBe('');
    expect(readFileSync(join(dir, 'started'), 'utf8')).toBe('');
  });

  it('looks where only the data of a member is left', () => {
    mkdirSync(join(dir, 'etcd/member'), { recursive: true });
    const facts = parseFacts(`clock\t1\narch\tx86_64\n${run(join(dir, 'etcd'))}`, 0);
    expect(facts.living?.etcd?.data).toEqual([join(dir, 'etcd')]);
  });

  describe('an etcd that does not answer', () => {
    /** etcdctl answers from the third call of `endpoint status` on; etcd was started so many seconds ago. */
    function ask(age: number): ReturnType<typeof parseFacts>['living'] {
      const put = (name: string, body: string): void => writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      const uptime = Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
      put('systemctl', `case "$*" in *etcd*) echo X=${(uptime - age) * 1_000_000} ;; *) echo X=0 ;; esac`);
      put('sleep', ':');
      put('openssl', ':');
      put(
        'etcdctl',
        `case "$*" in *status*) n=$(cat ${dir}/n 2>/dev/null || echo 0); echo $((n + 1)) > ${dir}/n; [ $n -ge 2 ] || exit 1
          printf '"MemberID" : 5\\n"Leader" : %s\\n' $((n - 2)) ;; *) echo '5, started, etcd1, https://10.0.0.1:2380, https://10.0.0.1:2379, false' ;; esac`,
      );
      mkdirSync(join(dir, 'pki'));
      for (const f of ['ca.pem', 'admin-m1.pem', 'admin-m1-key.pem']) writeFileSync(join(dir, 'pki', f), 'x');
      const places = { binDir: dir, etcdDataDir: join(dir, 'etcd'), etcdCertDir: join(dir, 'pki') };
      const say = `PATH=${dir}:$PATH\nsay() { printf '%s\\t%s\\n' "$1" "$2"; }\n`;
      const out = execFileSync('sh', { input: `${say}${livingProbe(places).text}`, encoding: 'utf8' });
      return parseFacts(`clock\t1\narch\tx86_64\n${out}`, 0).living;
    }

    it('gets a moment to find its leader when it has just been started', () => {
      expect(ask(5)?.etcd).toMatchObject({ status: { memberId: '5', leader: '1' }, members: [{ name: 'etcd1' }] });
      expect(readFileSync(join(dir, 'n'), 'utf8').trim()).toBe('4');
    });

    it('is taken at its word when it has run for long', () => {
      expect(ask(3600)?.etcd?.status).toBeUndefined();
      expect(readFileSync(join(dir, 'n'), 'utf8').trim()).toBe('1');
    });
  });
});

describe('an API server', () => {
  /** Asks it with programs that answer so; the manifest and the kubeconfig are there. */
  function ask(curl: string, kubectl: string): { api: ApiFacts | undefined; started: string[] } {
    const dir = mkdtempSync(join(tmpdir(), 'kw-api-'));
    try {
      const put = (name: string, body: string): void =>
        writeFileSync(join(dir, name), `#!/bin/sh\necho "${name} $*" >> ${dir}/started\n${body}\n`, { mode: 0o755 });
      put('curl', curl);
      put('kubectl', kubectl);
      writeFileSync(join(dir, 'manifest'), '    - --advertise-address=10.0.0.1\n    - --secure-port=7443\n');
      writeFileSync(join(dir, 'admin.conf'), 'x');
      const script = apiProbe(dir)
        .text.replaceAll('/etc/kubernetes/manifests/kube-apiserver.yaml', join(dir, 'manifest'))
        .replaceAll('/etc/kubernetes/admin.conf', join(dir, 'admin.conf'));
      const say = `PATH=${dir}:$PATH\nsay() { printf '%s\\t%s\\n' "$1" "$2"; }\n`;
      const out = execFileSync('sh', { input: `${say}${script}`, encoding: 'utf8' });
      const started = readFileSync(join(dir, 'started'), 'utf8').trim().split('\n');
      return { api: parseFacts(`clock\t1\narch\tx86_64\nliving\tyes\n${out}`, 0).living?.api, started };
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  const VERSION = String.raw`printf '{\n  "gitVersion": "v1.36.3",\n  "major": "1"\n}'`;
  const OBJECTS = `printf 'kw-api-node\\tm1 v1.36.3 containerd://2.4.2 True - 10.0.0.1 - -\\n'`;

  it('that tells anyone is not asked again for its version and whether it is ready', () => {
    const { api, started } = ask(`${VERSION}; printf ok`, OBJECTS);
    expect(api).toMatchObject({ version: '1.36.3', ready: true, nodes: [{ name: 'm1' }] });
    expect(started[0]).toContain('https://10.0.0.1:7443/version https://10.0.0.1:7443/readyz');
    expect(started.filter((s) => s.startsWith('kubectl'))).toHaveLength(1);
  });

  it.each([
    ['tells nothing to just anyone', 'echo Unauthorized', 'ok', true],
    ['is not ready', `${VERSION}; printf '[-]etcd failed'`, 'not yet', false],
    ['cannot be asked without kubectl', 'exit 127', 'ok', true],
  ])('that %s is asked with the kubeconfig', (_, curl, readyz, ready) => {
    const kubectl = `case "$*" in */version) ${VERSION} ;; */readyz) printf '${readyz}' ;; *) ${OBJECTS} ;; esac`;
    expect(ask(curl, kubectl).api).toMatchObject({ version: '1.36.3', ready, nodes: [{ name: 'm1' }] });
  });

  it('that does not answer says why', () => {
    const refused = 'The connection to the server 10.0.0.1:7443 was refused';
    expect(ask('exit 7', `echo '${refused}' >&2; exit 1`).api).toMatchObject({ ready: false, error: refused, nodes: [] });
  });
});
