import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say, tasksThat, until } from '../../support/lab.js';
import { bundleIndex, GO_BUNDLE } from '../../support/lab-bundles.js';
import { LOAD_NAMESPACE, loadManifest } from '../../support/trial/load.js';
import { ALL_OBJECTS, differences, objectsOf } from '../../support/trial/objects.js';
import { missingForTrial, NODE_PORT, trialLab } from '../../support/trial/trial-lab.js';

/** A cluster of three control planes whose machines are lost for good moves to new ones, as docs/day-two.md says. */
const { dir: bundle } = GO_BUNDLE;
const lab = trialLab('restore', '3+1');
const { inventory } = lab;
const renamed = join(lab.dir, 'inventory', 'new.ini');
const backups = join(lab.dir, 'backups');
const keys = join(lab.dir, 'keys.tar.base64');
const newName = (name: string): string => name.replace(/^m1(\d)-k8s$/, 'n$1').replace('w101-k8s', 'n4');
const nodes = lab.names.map(newName);
const reason = missingForTrial(bundle);

const at = (host: string, command: string, input?: string) => lab.on(host, command, input);
const objects = async () => objectsOf((await at('m11-k8s', 'sudo sh -s', ALL_OBJECTS)).stdout);

const MORE = `
---
apiVersion: v1
kind: Secret
metadata: { name: kept, namespace: ${LOAD_NAMESPACE} }
stringData: { word: a secret }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things, singular: thing, kind: Thing }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }]
`;
const THING = `
apiVersion: example.com/v1
kind: Thing
metadata: { name: one, namespace: ${LOAD_NAMESPACE} }
size: 7
`;

describe.skipIf(reason)(`a cluster on new machines${reason ? ` (${reason})` : ''}`, { timeout: 3_600_000 }, () => {
  let before: Map<string, string>;

  beforeAll(async () => {
    await lab.up(bundle);
    await lab.install();
    const image = bundleIndex(GO_BUNDLE).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';
    expect((await lab.kubectl('apply -f -', loadManifest(image, NODE_PORT) + MORE)).code).toBe(0);
    await until('the API knows Things', 60, async () => (await lab.kubectl('apply -f -', THING)).code === 0);
    expect((await lab.kubectl(`-n ${LOAD_NAMESPACE} rollout status deployment/web --timeout=180s`)).code).toBe(0);
  }, 1_800_000);

  afterAll(() => lab.down(), 600_000);

  it('is saved: a snapshot, and its keys', async () => {
    before = await objects();
    expect(before.size).toBeGreaterThan(150);
    const saved = await lab.run(['etcd', 'snapshot', '-i', inventory, '-o', backups], true);
    expect(saved.code, saved.stderr).toBe(0);
    const pack =
      'sudo tar -C /etc/kubernetes/pki -c ca.crt ca.key front-proxy-ca.crt front-proxy-ca.key sa.key sa.pub | base64 -w0';
    writeFileSync(keys, (await at('m11-k8s', pack)).stdout, { mode: 0o600 });
  });

  it('loses all its machines; there are new ones, with other names and addresses', async () => {
    const [, old = ''] = /ansible_host=(\d+\.\d+)\./.exec(readFileSync(inventory, 'utf8')) ?? [];
    await lab.up(bundle, `${old === '10.78' ? '10.79' : '10.78'}.0.0/24`);
    const text = readFileSync(inventory, 'utf8');
    // Of the machine's name and its entry: the lab goes on to call it by its own.
    writeFileSync(
      renamed,
      text.replaceAll(/^(m1\d-k8s|w101-k8s)\b/gm, (name) => newName(name)),
    );
    expect((await lab.run(['keys', 'distribute', '-i', renamed])).code).toBe(0);
    const unpack = 'sudo mkdir -p /etc/kubernetes/pki && base64 -d | sudo tar -C /etc/kubernetes/pki --no-same-owner -xpf -';
    expect((await at('m11-k8s', unpack, readFileSync(keys, 'utf8'))).code).toBe(0);
    const made = await lab.run(['provision', '-i', renamed, '--json']);
    expect(made.code, made.stdout.slice(-2000)).toBe(0);
  });

  it('is restored there, and has its objects', async () => {
    const [file = ''] = readdirSync(backups).filter((f) => f.endsWith('.db'));
    const restored = await lab.run(['etcd', 'restore', '-i', renamed, join(backups, file), '--yes', '--plain'], true);
    expect(restored.code, restored.stdout.slice(-2000) + restored.stderr).toBe(0);
    expect((await lab.kubectl(`delete node ${lab.names.join(' ')}`)).code).toBe(0);
    await until('the new nodes are Ready, and no other ones', 300, async () => {
      const { stdout } = await lab.kubectl('get nodes --no-headers');
      const lines = stdout.trim().split('\n');
      return lines.length === nodes.length && lines.every((l) => / Ready /.test(l)) && nodes.every((n) => stdout.includes(n));
    });
    expect((await lab.kubectl(`-n ${LOAD_NAMESPACE} rollout status deployment/web --timeout=300s`)).code).toBe(0);
    const diff = differences(before, await objects());
    say(`${before.size} objects before; ${diff.length} differ:\n${diff.join('\n')}`);
    expect(diff.filter((d) => !EXPECTED.test(d))).toEqual([]);
    const secret = await lab.kubectl(`-n ${LOAD_NAMESPACE} get secret kept -o jsonpath={.data.word}`);
    expect(Buffer.from(secret.stdout, 'base64').toString()).toBe('a secret');
  });

  it('takes another run without a change but of the note about its hosts, and does all that a cluster does', async () => {
    for (const expected of [/^(n1 record\/config-map)?$/, /^$/]) {
      const again = await lab.run(['provision', '-i', renamed, '--json']);
      expect(again.code, again.stdout.slice(-2000)).toBe(0);
      expect(tasksThat('changed', again.stdout).join(' ')).toMatch(expected);
    }
    const verified = await lab.run(['verify', '-i', renamed], true);
    expect(verified.code, verified.stdout).toBe(0);
  });
});

/** What names the machines: the endpoint that kubeadm and kube-proxy know, our own notes, the rights of joining hosts. */
const EXPECTED =
  /: (ConfigMap kube-system\/(kubeadm-config|kube-proxy|kubewright.*|kubelet-config)|ConfigMap kube-public\/cluster-info|Secret kube-system\/bootstrap-token-.*|DaemonSet kube-system\/.*)$/;
