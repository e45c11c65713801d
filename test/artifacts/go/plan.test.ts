import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutTunnels } from '../../../src/artifacts/go/calico-node.js';
import { escapePath } from '../../../src/artifacts/go/module-files.js';
import { goPlan } from '../../../src/artifacts/go/plan.js';
import { goRelease, goTable, PINS_DIR } from '../../../src/artifacts/go/table.js';
import { InputError } from '../../../src/base/errors.js';

const releases = Object.keys(goTable().releases);

describe('the releases that can be built', () => {
  it('are found by minor, by patch, and by default', () => {
    expect(releases.sort()).toEqual(['1.34.4', '1.35.4', '1.36.3', '1.37.2']);
    expect(goRelease('1.36')).toBe('1.36.3');
    expect(goRelease('v1.35.4')).toBe('1.35.4');
    expect(goRelease(undefined)).toBe(goTable().default);
  });

  it.each(['1.3', '1', '1.33', '1.36.1', 'newest', ''])('are named when %j is none of them', (asked) => {
    expect(() => goRelease(asked)).toThrow(InputError);
    const thrown = (() => {
      try {
        goRelease(asked);
      } catch (error) {
        return error as InputError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(thrown.parts.fix).toBe('Choose one of 1.37.2, 1.36.3, 1.35.4, 1.34.4');
  });
});

describe.each(releases)('the plan for %s', (release) => {
  const plan = goPlan(release);

  it('has every component once, Kubernetes first', () => {
    expect(plan.builds.map((b) => b.component)).toEqual([
      'kubernetes',
      'calico',
      'coredns',
      'containerd',
      'etcd',
      'crictl',
      'cni-plugins',
      'runc',
    ]);
    expect(plan.builds[0]?.version).toBe(release);
  });

  it('has the add-ons apart, each with a recipe of its own', () => {
    expect(plan.addons.map((a) => a.component)).toEqual(['metrics-server', 'local-path-provisioner']);
    expect(new Set([plan.recipe, ...plan.addons.map((a) => a.recipe)]).size).toBe(3);
    for (const addon of plan.addons) expect(addon.programs.size).toBe(1);
  });

  it('pins every module that it names, in the version that it names', () => {
    for (const build of [...plan.builds, ...plan.addons]) {
      const mod = readFileSync(join(PINS_DIR, build.id, 'go.mod'), 'utf8');
      for (const { module, version, sum } of build.modules) {
        expect(sum, `${build.id}: ${module} ${version} in go.sum`).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/);
        expect(mod).toMatch(new RegExp(`\\s${module.replaceAll('.', '\\.')} ${version.replaceAll('.', '\\.')}\\b`));
      }
      for (const program of build.programs.keys()) expect(mod).toContain(`tool ${program}\n`);
    }
  });

  it('replaces nothing by a directory but what is empty', () => {
    for (const build of plan.builds) {
      const mod = readFileSync(join(PINS_DIR, build.id, 'go.mod'), 'utf8');
      const local = [...mod.matchAll(/=> (\.\S*)/g)].map((m) => m[1]);
      expect(local).toEqual(build.component === 'calico' ? ['./empty'] : []);
      if (local.length > 0) expect(readdirSync(join(PINS_DIR, build.id, 'empty'))).toEqual(['go.mod']);
    }
  });

  it("takes Kubernetes' own parts from the same release", () => {
    const mod = readFileSync(join(PINS_DIR, `kubernetes-${release}`, 'go.mod'), 'utf8');
    const parts = [...mod.matchAll(/(k8s\.io\/\S+) => (k8s\.io\/\S+) (\S+)/g)];
    expect(parts.length).toBeGreaterThan(25);
    for (const [, from, to, version] of parts) expect([to, version]).toEqual([from, `v0${release.slice(1)}`]);
  });

  it('tells kubeadm and kubectl their version, and strips programs', () => {
    const [major, minor] = release.split('.');
    const flags = plan.builds[0]?.ldflags ?? '';
    expect(flags.startsWith('-s -w ')).toBe(true);
    for (const where of ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']) {
      expect(flags).toContain(`-X ${where}.gitVersion=v${release} `);
      expect(flags).toContain(`-X ${where}.gitMajor=${major} -X ${where}.gitMinor=${minor} -X ${where}.gitTreeState=clean`);
    }
  });

  it('uses C for runc alone', () => {
    expect(plan.builds.filter((b) => b.cgo).map((b) => [b.component, b.tags])).toEqual([['runc', ['seccomp']]]);
    expect(plan.builds.find((b) => b.cgo)?.ldflags).toContain('-extldflags -static');
  });
});

describe('the plan', () => {
  it('calls programs as their projects do', () => {
    const names = (component: string) => [
      ...(goPlan('1.36.3')
        .builds.find((b) => b.component === component)
        ?.programs.values() ?? []),
    ];
    expect(names('etcd')).toEqual(['etcd', 'etcdctl', 'etcdutl']);
    expect(names('containerd')).toEqual(['containerd', 'containerd-shim-runc-v2', 'ctr']);
    expect(names('runc')).toEqual(['runc']);
    expect(names('cni-plugins')).toHaveLength(18);
  });

  it('has a recipe of its own for each release, the same every time', () => {
    const recipes = releases.map((r) => goPlan(r).recipe);
    expect(new Set(recipes).size).toBe(releases.length);
    expect(releases.map((r) => goPlan(r).recipe)).toEqual(recipes);
  });

  it('leaves no pinned directory unused, so that none is forgotten when versions change', () => {
    const used = new Set(releases.flatMap((r) => [...goPlan(r).builds, ...goPlan(r).addons].map((b) => b.id)));
    expect(
      readdirSync(PINS_DIR)
        .filter((n) => existsSync(join(PINS_DIR, n, 'go.mod')))
        .sort(),
    ).toEqual([...used].sort());
  });
});

describe('files out of modules', () => {
  it('are found where Go keeps them', () => {
    expect(escapePath('github.com/Microsoft/go-winio')).toBe('github.com/!microsoft/go-winio');
  });

  it("lose the tunnels from BIRD's template, and no other template is taken", () => {
    const line = (i: number) => `      krt_tunnel = "${i}";  {{- /* ${i} */}}`;
    const template = ['filter x {', line(1), 'accept;', line(2), line(3), line(4), '}', ''].join('\n');
    expect(withoutTunnels(template)).toBe('filter x {\naccept;\n}\n');
    expect(() => withoutTunnels('filter x {}\n')).toThrow(/not the one that this was made for/);
  });
});
