import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { importImages } from '../../../src/roles/runtime/containerd-images.js';
import type { Shell } from '../../../src/shell/shell.js';
import type { ImageArchive } from '../../../src/tasks/image.js';
import { NODE_STATE } from '../../../src/tasks/paths.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-images-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const digest = (letter: string) => letter.repeat(64);
const [NODE, OTHER] = [digest('a'), digest('b')];
const proxy: ImageArchive = { name: 'node', ref: 'r/proxy:1', id: `sha256:${digest('1')}`, sha256: NODE };
const calico: ImageArchive = { name: 'node', ref: 'r/calico:1', id: `sha256:${digest('2')}`, sha256: NODE };
const plain: ImageArchive = { name: 'r/plain:1', ref: 'r/plain:1', sha256: OTHER };

/** What a host's containerd has, as lines `NAME TYPE DIGEST`; an archive holds such lines. */
const has = (...lines: string[]) => writeFileSync(join(dir, 'have'), lines.map((l) => `${l}\n`).join(''));
const imports = () => readFileSync(join(dir, 'imports'), 'utf8').split('\n').filter(Boolean);

beforeEach(() => {
  rmSync(join(dir, 'state'), { recursive: true, force: true });
  mkdirSync(join(dir, 'bin'), { recursive: true });
  mkdirSync(join(dir, 'state'));
  writeFileSync(join(dir, 'imports'), '');
  has();
  writeFileSync(join(dir, NODE), 'r/proxy:1 t sha256:mp\nr/calico:1 t sha256:mc\n');
  writeFileSync(join(dir, OTHER), 'r/plain:1 t sha256:mx\n');
  const ctr = join(dir, 'bin/ctr');
  writeFileSync(
    ctr,
    `#!/bin/sh
shift 2
case "$*" in
  'images ls -q') cut -d' ' -f1 ${dir}/have ;;
  'images ls') echo 'REF TYPE DIGEST'; cat ${dir}/have ;;
  'images import '*) basename "$3" >> ${dir}/imports; cat "$3" >> ${dir}/have ;;
  *) exit 9 ;;
esac
`,
  );
  chmodSync(ctr, 0o755);
});

function run(part: Shell): { ok: boolean; output: string } {
  const text = part.text.replaceAll(NODE_STATE, join(dir, 'state'));
  const functions = `kw_artifact() { echo ${dir}/$1; }; kw_artifact_done() { :; }`;
  const result = spawnSync('sh', { input: `${functions}\n( set -eu\n${text}\n)\nexit $?\n`, encoding: 'utf8' });
  return { ok: result.status === 0, output: result.stdout + result.stderr };
}

function task(...images: ImageArchive[]) {
  return importImages({ id: 'i', title: 'i', binDir: join(dir, 'bin'), images });
}

/** Check, and apply where check says no; then check must say yes. */
function converge(...images: ImageArchive[]): void {
  const t = task(...images);
  if (run(t.check).ok) return;
  const applied = run(t.apply);
  expect(applied.ok, applied.output).toBe(true);
  expect(run(t.check).ok, 'check after').toBe(true);
}

describe('importImages', () => {
  it('imports an archive of several images once, and nothing the second time', () => {
    expect(task(proxy, calico, plain).needs?.map((n) => n.sha256)).toEqual([NODE, OTHER]);
    converge(proxy, calico, plain);
    expect(imports()).toEqual([NODE, OTHER]);
    converge(proxy, calico, plain);
    expect(imports()).toEqual([NODE, OTHER]);
  });

  it('brings back an image that was removed', () => {
    converge(proxy, calico);
    has('r/proxy:1 t sha256:mp');
    converge(proxy, calico);
    expect(imports()).toEqual([NODE, NODE]);
  });

  it('leaves an image alone whose ID is the wanted one, whatever archive it came from', () => {
    has('r/proxy:1 t sha256:mp', `${proxy.id} t sha256:mp`, 'r/calico:1 t sha256:mc', `${calico.id} t sha256:mc`);
    expect(run(task(proxy, calico).check).ok).toBe(true);
    converge({ ...proxy, sha256: OTHER });
    expect(imports()).toEqual([]);
  });

  it('imports an image whose tag is on another image', () => {
    has('r/proxy:1 t sha256:old', `${proxy.id} t sha256:mp`);
    converge(proxy);
    expect(imports()).toEqual([NODE]);
  });

  it('imports a new archive of the same image only where there is no ID', () => {
    converge(proxy, plain);
    converge({ ...proxy, sha256: OTHER });
    expect(imports()).toEqual([NODE, OTHER]);
    converge({ ...plain, sha256: NODE });
    expect(imports()).toEqual([NODE, OTHER, NODE]);
  });
});
