import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { labPaths } from '../../../src/lab/box/paths.js';
import { renderVariables } from '../../../src/lab/nspawn/inventory.js';
import { mergeSpec } from '../../../src/lab/nspawn/up.js';
import type { LabSpec } from '../../../src/lab/provider.js';

const paths = labPaths({ stateDir: '/lab' });
const spec = (o: Partial<LabSpec> = {}): LabSpec => ({
  masters: 1,
  workers: 0,
  subnet: '10.77.0.0/24',
  inventoryDir: '/inventory',
  asked: {},
  ...o,
});
const BUNDLE = { kube_network_plugin: 'static-routes', dns_mode: 'none', kubewright_bundle: '/b' };

describe('the settings of a lab', () => {
  it('are what was chosen for it, below what the user asks for', () => {
    const { settings } = mergeSpec(
      spec({ chosen: BUNDLE, asked: { dns_mode: 'coredns', kubelet_max_pods: 50 } }),
      undefined,
      '/root',
      paths,
    );
    const box = [
      { name: 'dns_mode', value: 'never', why: 'the box' },
      { name: 'kubelet_fail_swap_on', value: false, why: 'the box' },
    ];
    const text = renderVariables(box, settings, paths);
    expect(parse(text)).toMatchObject({
      kube_network_plugin: 'static-routes',
      kubewright_bundle: '/b',
      dns_mode: 'coredns',
      kubelet_max_pods: 50,
      kubelet_fail_swap_on: false,
    });
    expect(text.match(/^dns_mode/gm)).toHaveLength(1);
    expect(text).toContain('# The bundle has no Calico');
  });

  it('are kept by a second up, until something else is chosen or asked for', () => {
    const first = mergeSpec(spec({ chosen: BUNDLE, asked: { kubelet_max_pods: 50 } }), undefined, '/root', paths);
    const second = mergeSpec(spec({ workers: 1, asked: { kube_proxy_mode: 'ipvs' } }), first, '/root', paths);
    expect(second.settings).toEqual({ chosen: BUNDLE, asked: { kubelet_max_pods: 50, kube_proxy_mode: 'ipvs' } });
    const third = mergeSpec(
      spec({ workers: 1, chosen: { kubewright_bundle: '/c' }, asked: { kubelet_max_pods: 60 } }),
      second,
      '/root',
      paths,
    );
    expect(third.settings).toEqual({
      chosen: { kubewright_bundle: '/c' },
      asked: { kubelet_max_pods: 60, kube_proxy_mode: 'ipvs' },
    });
  });

  it('do not change the system of a lab that is there', () => {
    const first = mergeSpec(spec({ os: 'debian13' }), undefined, '/root', paths);
    expect(mergeSpec(spec(), first, '/other', paths)).toMatchObject({ os: 'debian13', rootfs: '/root' });
    expect(() => mergeSpec(spec({ os: 'debian12' }), first, '/root', paths)).toThrow("can't change its system");
    expect(
      mergeSpec(spec({ os: 'debian12' }), mergeSpec(spec(), undefined, '/root', paths), '/root', paths).machines,
    ).toHaveLength(1);
  });

  it('start anew in a lab that an older version made', () => {
    const { settings: _, ...older } = mergeSpec(spec({ chosen: BUNDLE }), undefined, '/root', paths);
    expect(mergeSpec(spec(), older, '/root', paths).settings).toEqual({ chosen: {}, asked: {} });
  });
});
