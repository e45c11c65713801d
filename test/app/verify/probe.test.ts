import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Probe } from '../../../src/app/verify/model.js';
import { parseFindings, probeProgram } from '../../../src/app/verify/programs/probe.js';

/** In place of nsenter and socat: returns what it gets from its call number `from` on, small packets always. */
const NSENTER = `#!/bin/sh
case "$*" in *ip-mtu-discover*) ;; *) exit 1 ;; esac
dir=$(dirname "$0")
echo x >> "$dir/calls"
cat > "$dir/packet"
[ "$(wc -c < "$dir/packet")" -le 64 ] || [ "$(wc -l < "$dir/calls")" -ge "$(cat "$dir/from")" ] || exit 1
cat "$dir/packet"
`;

describe('a pair of pods', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kubewright-probe-'));
    writeFileSync(join(dir, 'nsenter'), NSENTER, { mode: 0o755 });
    // Seconds pass only while the program sleeps.
    writeFileSync(join(dir, 'now'), '1000\n');
    writeFileSync(join(dir, 'date'), `#!/bin/sh\ncat "${dir}/now"\n`, { mode: 0o755 });
    writeFileSync(join(dir, 'sleep'), `#!/bin/sh\necho $(($(cat "${dir}/now") + $1)) >"${dir}/now"\n`, { mode: 0o755 });
    writeFileSync(join(dir, 'readlink'), '#!/bin/sh\necho "$1"\n', { mode: 0o755 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const pod = (node: string, ip: string): Probe =>
    ({ node, ip, pid: 2, mtu: 1450, domain: 'cluster.local', nameserver: '' }) as Probe;
  const ask = (from: number) => {
    writeFileSync(join(dir, 'from'), `${from}\n`);
    writeFileSync(join(dir, 'calls'), '');
    const program = probeProgram({ self: pod('a', '10.0.0.1'), peers: [pod('b', '10.0.0.2')], service: '10.0.0.9', dns: false });
    const { stdout } = spawnSync('sh', ['-s'], {
      input: program.text,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${dir}:${process.env.PATH}` },
    });
    return parseFindings('a', stdout).pairs.map((p) => p.state);
  };

  it('gets a moment for its way to come up, and is not blamed on the MTU when it comes up late', () => {
    expect(ask(1)).toEqual(['ok']);
    expect(ask(5)).toEqual(['ok']);
    expect(ask(13)).toEqual(['ok']);
    expect(ask(1000)).toEqual(['large']);
  });
});
