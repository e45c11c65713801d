import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Cli, missingForPty } from '../../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-down-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const missing = missingForPty() ?? (process.getuid?.() === 0 ? undefined : 'needs root');

describe.skipIf(missing)('lab down on a terminal', () => {
  it.each(['', 'n', 'no', 'x'])('removes nothing after %j', async (answer) => {
    const lab = join(dir, `lab${answer}`);
    mkdirSync(lab);
    const machines = [11, 12, 13].map((n) => ({ name: `m${n}-k8s`, address: `10.255.0.${n}`, role: 'master', cgroups: [] }));
    const state = { version: 1, subnet: '10.255.0.0/24', inventoryDir: join(dir, 'inv'), rootfs: '', sysctls: {}, machines };
    writeFileSync(join(lab, 'state.json'), JSON.stringify(state));
    const cli = new Cli(['lab', 'down'], { cwd: dir, pty: true, env: { KUBEWRIGHT_LAB_DIR: lab, TERM: 'xterm' } });
    await cli.shows('Remove m11…m13-k8s (3) with everything on them? [y/N]');
    cli.type(`${answer}\r`);
    expect(await cli.ended).toBe(1);
    expect(cli.out).toContain('Nothing was removed.');
    expect(existsSync(join(lab, 'state.json'))).toBe(true);
  });
});
