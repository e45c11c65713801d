import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDebianPackages } from '../../../src/app/lab/debian-packages.js';
import { thisOs } from '../../../src/app/lab/this-box.js';
import { KubewrightError } from '../../../src/base/errors.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kubewright-box-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function osRelease(dir: string, text: string): void {
  mkdirSync(join(root, dir), { recursive: true });
  writeFileSync(join(root, dir, 'os-release'), text);
}

describe('the system of this box', () => {
  it('is what /etc/os-release says, else /usr/lib/os-release', async () => {
    expect(await thisOs(root)).toBeUndefined();
    osRelease('usr/lib', 'ID=fedora\nVERSION_ID=40\n');
    expect(await thisOs(root)).toMatchObject({ id: 'fedora', version: '40' });
    osRelease('etc', 'ID=debian\nVERSION_ID="12"\n');
    expect(await thisOs(root)).toMatchObject({ id: 'debian', version: '12' });
  });

  it('is named where Debian packages are needed and it has none', async () => {
    osRelease('etc', 'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\n');
    const said: string[] = [];
    const error = await ensureDebianPackages(['no-such-package'], 'for lab machines', (t) => said.push(t), root).catch((e) => e);
    expect(error).toBeInstanceOf(KubewrightError);
    expect((error as KubewrightError).parts).toMatchObject({
      what: 'Debian packages are needed for lab machines, and this box runs Rocky Linux 9.3 (Blue Onyx)',
      where: 'no-such-package',
    });
    expect(said).toEqual([]);
  });
});
