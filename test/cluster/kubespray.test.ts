import { describe, expect, it } from 'vitest';
import { HOST_NAMES } from '../../src/cluster/checks/hints.js';
import { CONTAINER_RUNTIMES } from '../../src/cluster/container-runtimes.js';
import { MORE, withoutEffect } from '../../src/cluster/kubespray/kubespray.js';
import { DROPPED, REASONS, RENAMED } from '../../src/cluster/kubespray/reasons.js';
import { NETWORK_PLUGINS } from '../../src/cluster/network-plugins.js';
import { SETTING_NAMES } from '../../src/cluster/settings.js';

const HONOURED = [...SETTING_NAMES, ...HOST_NAMES];

describe("what is said about kubespray's variables", () => {
  it('excuses no variable that is honoured', () => {
    const wrong = REASONS.filter((r) => !r.partly).flatMap((r) =>
      HONOURED.filter((name) => r.names.test(name)).map((name) => `${name}: ${r.why}`),
    );
    expect(wrong).toEqual([]);
    const lists = [...Object.keys(DROPPED), ...Object.keys(RENAMED), ...MORE];
    expect(lists.filter((name) => HONOURED.includes(name))).toEqual([]);
    expect(SETTING_NAMES.filter((name) => withoutEffect(name, 'x') !== undefined)).toEqual([]);
  });

  it('says partly of a pattern only where it matches a setting', () => {
    const idle = REASONS.filter((r) => r.partly && !HONOURED.some((name) => r.names.test(name)));
    expect(idle.map((r) => r.names.source)).toEqual([]);
  });

  it('renames to settings that there are', () => {
    expect(Object.values(RENAMED).filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  });

  it('names what is implemented', () => {
    const plugins = withoutEffect('cilium_version', '1')?.why ?? '';
    for (const name of NETWORK_PLUGINS) expect(plugins).toContain(name);
    const runtimes = withoutEffect('crio_version', '1')?.why ?? '';
    for (const name of CONTAINER_RUNTIMES) expect(runtimes).toContain(name);
    expect(withoutEffect('helm_enabled', true)?.why).toMatch(/add-on is not installed/);
  });
});
