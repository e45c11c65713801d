import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';

/** A command as docs/extending.md has it added: two new files, nothing else. */
const FILES = {
  'src/app/greet/greet.ts': `import { readInventory } from '../inventory/read.js';

export interface GreetOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly dryRun: boolean;
  readonly verbosity: number;
}

/** \`greet\`. */
export async function greet(o: GreetOptions): Promise<number> {
  const inventory = await readInventory(o);
  process.stdout.write(\`hello \${[...inventory.hosts.keys()].join(' ')} \${o.dryRun} \${o.verbosity}\\n\`);
  return 0;
}
`,
  'src/commands/greet.ts': `import { Command, Flags } from '@oclif/core';
import { inventoryFlags, outputFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Greet extends Command {
  static override summary = 'Greet the hosts of an inventory';
  static override flags = { ...inventoryFlags, verbose: outputFlags.verbose, 'dry-run': Flags.boolean() };

  async run(): Promise<void> {
    const { flags } = await this.parse(Greet);
    const { greet } = await import('../app/greet/greet.js');
    process.exitCode = await greet({ ...optionsOf(flags), verbosity: flags.verbose });
  }
}
`,
};

describe('a new command', () => {
  const root = mkdtempSync(join(tmpdir(), 'kubewright-extend-'));
  const kubewright = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin/run.js'), ...args], { encoding: 'utf8', cwd: PACKAGE_ROOT });

  beforeAll(() => {
    for (const part of ['src', 'scripts', 'bin', 'data', 'package.json', 'tsconfig.json'])
      cpSync(join(PACKAGE_ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(root, 'node_modules'));
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }, 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('runs, with -v from its own flags', () => {
    const line = ['greet', '-i', 'inventories/single/hosts.ini', '--dry-run', '-v'];
    expect(kubewright(...line)).toMatchObject({ status: 0, stdout: 'hello m11-k8s true 1\n', stderr: '' });
  });

  it('is in the help and among the suggestions', () => {
    expect(kubewright('--help').stdout).toMatch(/^ {2}greet +Greet the hosts of an inventory$/m);
    expect(kubewright('greet', '--help').stdout).toContain('--dry-run');
    expect(kubewright('gret').stderr).toContain('greet');
  });

  it('keeps to the layers', () => {
    expect(spawnSync(process.execPath, [join(root, 'scripts/house.mjs')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
