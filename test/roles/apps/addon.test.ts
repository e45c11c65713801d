import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { InputError } from '../../../src/base/errors.js';
import { catalogue } from '../../../src/cluster/catalogue.js';
import { SETTING_NAMES } from '../../../src/cluster/settings.js';
import { headlamp } from '../../../src/roles/apps/headlamp.js';
import { insecureDashboard } from '../../../src/roles/apps/insecure-dashboard.js';
import { localPath } from '../../../src/roles/apps/local-path.js';
import { metricsServer } from '../../../src/roles/apps/metrics-server.js';
import { ROLES } from '../../../src/roles/registry.js';
import { imagesFor } from '../../../src/roles/runtime/images.js';
import type { Shell } from '../../../src/shell/shell.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const ON = {
  metrics_server_enabled: true,
  local_path_provisioner_enabled: true,
  headlamp_enabled: true,
  dashboard_insecure_lab: true,
};

/** A kubectl that answers from files and keeps what it was given. */
const KUBECTL = `#!/bin/sh
cd "$(dirname "$0")"
shift 2
echo "$1" >> called
case "$*" in
get*-f*) cat > looked; cat found ;;
apply*) cat > applied ;;
*) cat > /dev/null ;;
esac
`;

/** What the refusal of an add-on advises. */
function wayOut(role: typeof metricsServer, ctx: Parameters<typeof metricsServer.tasks>[0]): string | undefined {
  try {
    role.tasks(ctx);
  } catch (error) {
    if (error instanceof InputError) return error.parts.fix;
  }
  return undefined;
}

function online(host: string, vars: Readonly<Record<string, boolean | string>>) {
  const ctx = roleContext(sampleCluster({ vars }), host);
  return { ...ctx, artifacts: { ...ctx.artifacts, offline: false, images: [] } };
}

describe('add-ons', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kubewright-addon-'));
    writeFileSync(join(dir, 'kubectl'), KUBECTL, { mode: 0o755 });
    writeFileSync(join(dir, 'found'), '');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const task = (role: typeof metricsServer, id: string, vars: Readonly<Record<string, boolean>> = ON) => {
    const found = role.tasks(online('m11-k8s', { ...vars, bin_dir: dir })).find((t) => t.id === `${role.name}/${id}`);
    if (!found) throw new Error(`there is no ${id}`);
    return found;
  };
  const run = (script: Shell) => spawnSync('sh', ['-eu', '-c', script.text], { encoding: 'utf8' });
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');

  it.each([metricsServer, localPath, headlamp, insecureDashboard])(
    '$name: applies what it has compared, all of it labelled as ours',
    (role) => {
      expect(run(task(role, 'apply').apply)).toMatchObject({ status: 0, stderr: '' });
      expect(read('applied')).toBe(read('looked'));
      const objects = parseAllDocuments(read('applied')).map((d) => d.toJS());
      expect(objects.length).toBeGreaterThan(4);
      for (const o of objects) expect(o.metadata.labels['kubewright/addon'], o.metadata.name).toBe(role.name);
    },
  );

  it('refuses to take over what was installed in another way, and names it', () => {
    writeFileSync(
      join(dir, 'found'),
      'metrics-server\tServiceAccount metrics-server\n\tDeployment metrics-server\n\tAPIService v1beta1.metrics.k8s.io\n',
    );
    const { status, stdout } = run(task(metricsServer, 'apply').apply);
    expect(status).toBe(1);
    expect(stdout).toBe(
      'already there, and not installed by Kubewright: Deployment metrics-server, APIService v1beta1.metrics.k8s.io\n',
    );
    expect(read('called')).toBe('get\n');
  });

  it('takes its own objects of an earlier run', () => {
    writeFileSync(join(dir, 'found'), 'metrics-server\tDeployment metrics-server\n');
    expect(run(task(metricsServer, 'apply').apply).status).toBe(0);
    expect(read('called')).toBe('get\napply\n');
  });

  it('are removed by their label only, the metrics API before its Service', () => {
    const { apply } = task(metricsServer, 'gone', {});
    expect(apply.text).toMatch(
      /delete apiservice,service,deployment,\S+serviceaccount --all-namespaces -l 'kubewright\/addon=metrics-server'/,
    );
    expect(task(localPath, 'gone', {}).apply.text).toMatch(/delete storageclass,deployment,configmap,\S+ --all-namespaces -l/);
  });

  it('are the business of the first control plane alone', () => {
    for (const role of [metricsServer, localPath, headlamp, insecureDashboard]) {
      for (const host of ['m12-k8s', 'w101-k8s']) expect(role.tasks(online(host, ON))).toEqual([]);
    }
  });

  it('demand an authority for the kubelets only where it is asked for', () => {
    const args = (vars: Readonly<Record<string, boolean>>) => task(metricsServer, 'apply', { ...ON, ...vars }).apply.text;
    expect(args({})).toContain('--kubelet-insecure-tls');
    expect(args({ metrics_server_kubelet_insecure_tls: false })).not.toContain('insecure-tls');
  });

  it('are an error where the bundle lacks them, or no version is known', () => {
    const offline = roleContext(sampleCluster({ vars: { ...ON, kube_version: '1.20.2' } }), 'm11-k8s');
    expect(() => metricsServer.tasks(offline)).toThrow(/metrics_server_enabled is true and there is no metrics-server/);
    expect(() => metricsServer.tasks(online('m11-k8s', { ...ON, kube_version: '1.20.2' }))).toThrow(/no metrics-server/);
    expect(wayOut(metricsServer, offline)).toMatch(/^Build the bundle again/);
    // A new bundle would lack it as well.
    for (const role of [headlamp, insecureDashboard]) expect(wayOut(role, offline)).toMatch(/^Leave the setting out/);
  });

  it('suit the version of Kubernetes, from the registries of the inventory', () => {
    const image = (vars: Readonly<Record<string, string>>, name: string) => sampleCluster({ vars }).versions.addons[name]?.image;
    expect(image({ kube_version: '1.36.4' }, 'metrics-server')).toBe('registry.k8s.io/metrics-server/metrics-server:v0.9.0');
    expect(image({ kube_version: '1.33.5' }, 'metrics-server')).toBe('registry.k8s.io/metrics-server/metrics-server:v0.8.0');
    expect(image({ kube_version: '1.30.14' }, 'metrics-server')).toBe('registry.k8s.io/metrics-server/metrics-server:v0.7.2');
    expect(image({ kube_image_repo: 'r.example.org/k8s' }, 'metrics-server')).toMatch(
      /^r\.example\.org\/k8s\/metrics-server\/metrics-server:/,
    );
    expect(image({}, 'headlamp')).toBe('ghcr.io/headlamp-k8s/headlamp:v0.45.0');
    expect(image({ github_image_repo: 'r.example.org/gh' }, 'headlamp')).toBe('r.example.org/gh/headlamp-k8s/headlamp:v0.45.0');
    expect(image({ docker_image_repo: 'r.example.org' }, 'local-path-provisioner')).toMatch(
      /^r\.example\.org\/rancher\/local-path-provisioner:/,
    );
  });

  it('bring their images to the nodes of clusters that have them', () => {
    const refs = ['a.example.org/x/metrics-server:v1', 'a.example.org/x/pause:1'];
    const images = refs.map((ref) => ({ name: ref, ref, sha256: ref, size: 1 }));
    const of = (vars: Readonly<Record<string, boolean>>) => {
      const ctx = roleContext(sampleCluster({ vars }), 'w101-k8s');
      return imagesFor({ ...ctx, artifacts: { ...ctx.artifacts, images } }).map((i) => i.ref);
    };
    expect(of({})).toEqual(refs.slice(1));
    expect(of(ON)).toEqual(refs);
  });

  it('share an image: it is there as long as one of them is on', () => {
    const images = [{ name: 'h', ref: 'ghcr.io/headlamp-k8s/headlamp:v1', sha256: 'h', size: 1 }];
    const of = (vars: Readonly<Record<string, boolean>>) => {
      const ctx = roleContext(sampleCluster({ vars }), 'w101-k8s');
      return imagesFor({ ...ctx, artifacts: { ...ctx.artifacts, images } }).length;
    };
    expect([of({}), of({ headlamp_enabled: true }), of({ dashboard_insecure_lab: true })]).toEqual([0, 1, 1]);
  });

  it('give rights over the cluster to accounts that nobody runs as, but in a lab without login', () => {
    const bound = (role: typeof headlamp) => {
      run(task(role, 'apply').apply);
      const objects = parseAllDocuments(read('applied')).map((d) => d.toJS());
      const runs = objects.find((o) => o.kind === 'Deployment').spec.template.spec;
      const rights = objects.filter((o) => o.kind === 'ClusterRoleBinding' && o.subjects[0].name === runs.serviceAccountName);
      return { rights: rights.map((o) => o.roleRef.name), args: runs.containers[0].args };
    };
    expect(bound(headlamp)).toEqual({ rights: [], args: ['-in-cluster', '-in-cluster-context-name=main'] });
    expect(bound(insecureDashboard)).toEqual({
      rights: ['cluster-admin'],
      args: ['-in-cluster', '-in-cluster-context-name=main', '-unsafe-use-service-account-token'],
    });
  });

  it('of the catalogue have a role and a setting', () => {
    for (const [name, { setting }] of Object.entries(catalogue().addons)) {
      expect(ROLES.has(name), name).toBe(true);
      expect(SETTING_NAMES).toContain(setting);
    }
  });
});
