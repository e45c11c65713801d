import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { Cli, missingForPty } from '../support/cli.js';

/** A text of listr2 that survives bundling. */
const OF_LISTR2 = 'ProcessOutput has been already hijacked';
const root = mkdtempSync(join(tmpdir(), 'kw-loads-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Files of dist that a command loads, as V8's coverage names them. */
async function loaded(name: string, args: readonly string[], pty = false): Promise<string[]> {
  const dir = join(root, name);
  const cli = new Cli(args, { cwd: root, pty, env: { NODE_V8_COVERAGE: dir, TERM: 'xterm' } });
  await cli.ended;
  const urls = readdirSync(dir).flatMap((f) => {
    const { result } = JSON.parse(readFileSync(join(dir, f), 'utf8')) as { result: { url: string }[] };
    return result.map((r) => r.url);
  });
  return urls.filter((u) => u.includes('/dist/')).map((u) => u.replace(/.*\/dist\//, ''));
}

describe.skipIf(missingForPty())('listr2', () => {
  it('is loaded by commands that draw, and by no other', async () => {
    const chunks = readdirSync(join(PACKAGE_ROOT, 'dist/chunks'))
      .map((f) => `chunks/${f}`)
      .filter((f) => readFileSync(join(PACKAGE_ROOT, 'dist', f), 'utf8').includes(OF_LISTR2));
    expect(chunks).toHaveLength(1);
    const sample = join(PACKAGE_ROOT, 'inventories/sample/hosts.ini');
    const refused = join(root, 'refused.ini');
    writeFileSync(refused, 'm1 ansible_host=127.0.0.1 ansible_port=1 ansible_user=nobody\n');
    const quiet = {
      version: await loaded('version', ['--version'], true),
      list: await loaded('list', ['inventory', 'list', '-i', sample], true),
      piped: await loaded('piped', ['keys', 'check', '-i', refused]),
      drawn: await loaded('drawn', ['keys', 'check', '-i', refused], true),
    };
    for (const files of Object.values(quiet)) expect(files).toContain('cli/main.js');
    const loads = Object.entries(quiet).filter(([, files]) => files.some((f) => chunks.includes(f)));
    expect(loads.map(([name]) => name)).toEqual(['drawn']);
  });
});

describe("Intl.Segmenter, whose first one costs 8 ms of ICU's tables", () => {
  it('is not made while an inventory is listed', async () => {
    const preload = join(root, 'segmenter.mjs');
    writeFileSync(preload, "Intl.Segmenter = class { constructor() { console.error('a segmenter was made'); } };\n");
    const cli = new Cli(['inventory', 'list', '-i', join(PACKAGE_ROOT, 'inventories/sample/hosts.ini')], {
      cwd: root,
      env: { NODE_OPTIONS: `--import=${preload}` },
    });
    expect(await cli.ended).toBe(0);
    expect(cli.err).not.toContain('a segmenter was made');
  });
});

describe('what everybody waits for', () => {
  it('is one file for --version, and the few lines that the bundler puts beside', async () => {
    const files = await loaded('one', ['--version']);
    expect(files).toContain('cli/main.js');
    const bytes = files.map((f) => statSync(join(PACKAGE_ROOT, 'dist', f)).size);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(5000);
  });

  it("is the running command's part of the manifest, and no search for commands", async () => {
    const preload = join(root, 'reads.mjs');
    writeFileSync(
      preload,
      `import fs from 'node:fs';
      import { syncBuiltinESMExports, Module } from 'node:module';
      const { readFile } = fs.promises;
      fs.promises.readFile = (file, ...more) => (console.error('reads', String(file)), readFile(file, ...more));
      const { _resolveFilename } = Module;
      Module._resolveFilename = (name, ...more) => (console.error('requires', name), _resolveFilename(name, ...more));
      syncBuiltinESMExports();\n`,
    );
    const cli = new Cli(['inventory', 'list', '-i', join(PACKAGE_ROOT, 'inventories/sample/hosts.ini')], {
      cwd: root,
      env: { NODE_OPTIONS: `--import=${preload}` },
    });
    expect(await cli.ended).toBe(0);
    const said = cli.err.split('\n');
    const read = said
      .filter((l) => l.startsWith('reads ') && l.includes(PACKAGE_ROOT) && l.endsWith('.json'))
      .map((l) => l.replace(/.*\//, ''));
    expect(read).toEqual(['list.json', 'package.json']);
    // picomatch is what the search for commands would look for on the disk.
    expect(said.filter((l) => /^requires (?!node:)/.test(l)).join(' ')).not.toContain('picomatch');
    expect(said.some((l) => l.startsWith('requires '))).toBe(true);
  });
});
