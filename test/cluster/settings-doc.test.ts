import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { settings, settingsMarkdown } from '../../src/app/settings/settings.js';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { SETTING_NAMES } from '../../src/cluster/settings.js';

function printed(name?: string, json = false): string {
  let out = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    expect(settings({ name, json })).toBe(0);
    return out;
  } finally {
    spy.mockRestore();
  }
}

describe('settings', () => {
  it('are in docs/settings.md as the schema has them (-u writes it)', async () => {
    await expect(settingsMarkdown()).toMatchFileSnapshot(join(PACKAGE_ROOT, 'docs/settings.md'));
  });

  it('are all listed, and shown by name or a part of it', () => {
    const lines = printed().trimEnd().split('\n');
    expect(lines.map((l) => l.split(' ')[0])).toEqual(SETTING_NAMES);
    expect(printed('kube_network_plugin')).toMatch(
      /^kube_network_plugin\n {2}meaning {4}pod network\n {2}default {4}calico\n {2}choices {4}calico, [^\n]*\n {2}changing {3}decided when/,
    );
    expect(printed('minimal_').split('\n').length).toBe(3);
    expect(JSON.parse(printed('kubelet_max_pods', true))).toEqual([
      { name: 'kubelet_max_pods', meaning: 'pods per node', default: 110, kubespray: true, changing: 'rolling' },
    ]);
  });

  it.each([
    ['kubelet_max_pod_', 'There is no setting kubelet_max_pod_'],
    ['kube_encrypt_secret_data', 'kube_encrypt_secret_data is a variable of kubespray that has no effect here'],
  ])('%s is refused', (name, what) => {
    expect(() => settings({ name, json: false })).toThrow(what);
  });
});
