import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kustomizationFiles } from '../../src/roles/network/calico/kustomization.js';
import { bgpConfiguration, bgpPeers, poolObject } from '../../src/roles/network/calico/objects.js';
import { CALICO } from '../support/calico.js';
import { sampleCluster } from '../support/cluster.js';

it.each(Object.entries(CALICO))('Calico %s', async (name, { vars, reflectors }) => {
  const cluster = sampleCluster({ vars, reflectors });
  const files = kustomizationFiles({ cluster, typha: vars.typha_enabled === true, mirrored: true });
  const bgp = vars.calico_network_backend === 'bird' ? [...bgpPeers(cluster), bgpConfiguration(cluster)] : [];
  const text = [
    ...Object.entries(files).map(([file, content]) => `# ${file}\n${content}`),
    ...[poolObject(cluster), ...bgp].map((o) => stringify(o)),
  ].join('---\n');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'files', 'calico', `${name}.yaml`));
});
