import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const COPIED = [
  'bin',
  'data',
  'inventories/sample',
  'package.json',
  'playbooks',
  'scripts',
  'src',
  'test/support/cluster.ts',
  'tsconfig.json',
];
const page = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8');

interface Block {
  /** Heading of the section that it is in. */
  readonly section: string;
  readonly path: string;
  readonly isNew: boolean;
  readonly language: string;
  readonly text: string;
}

const blocks = blocksOf(page);
const tree = mkdtempSync(join(tmpdir(), 'kubewright-extending-'));
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** Code blocks, each with the file that the line above it names, or the block before it. */
function blocksOf(text: string): Block[] {
  const out: Block[] = [];
  for (const part of text.split(/^## /m).slice(1)) {
    const section = part.slice(0, part.indexOf('\n'));
    for (const m of part.matchAll(/(?:^`([^`\n]+)`(, new)?:\n\n)?^```(\w+)\n(.*?)^```$/gms)) {
      const path = m[1] ?? out.at(-1)?.path ?? '';
      out.push({ section, path, isNew: m[2] !== undefined, language: m[3] ?? '', text: m[4] ?? '' });
    }
  }
  return out;
}

/** @throws Error when the file is not as the page says. */
function apply(block: Block): void {
  const file = join(tree, block.path);
  if (block.isNew) {
    if (existsSync(file)) throw new Error(`${block.path} exists`);
    mkdirSync(dirname(file), { recursive: true });
    return writeFileSync(file, block.text);
  }
  const lines = block.text.split('\n').slice(0, -1);
  const side = (sign: string): string =>
    `\n${lines.flatMap((l) => (l[0] === sign || l[0] === ' ' ? [l.slice(1)] : [])).join('\n')}\n`;
  const parts = `\n${readFileSync(file, 'utf8')}`.split(side('-'));
  if (block.language !== 'diff' || parts.length !== 2)
    throw new Error(`${block.path} holds this ${parts.length - 1} times, not once:\n${side('-')}`);
  writeFileSync(file, parts.join(side('+')).slice(1));
}

async function run(...command: string[]): Promise<string> {
  const child = spawn(command[0] ?? '', command.slice(1), { cwd: tree });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${out}`);
  return out;
}

/** What the roles of the copy make of a cluster that uses all additions. */
interface Report {
  readonly programs: Readonly<Record<string, string>>;
  readonly family: string | undefined;
  readonly asked: readonly string[];
  readonly problems: readonly string[];
}

const DRIVER = `
import { artifactsFor } from './src/app/plan/artifact-source.js';
import { compileProgram } from './src/engine/program/compile.js';
import { problems } from './src/roles/preflight/preflight.js';
import { questionsFor } from './src/roles/preflight/questions.js';
import { supportedFamily } from './src/roles/os/families.js';
import { ROLES } from './src/roles/registry.js';
import { clusterFacts, roleContext, sampleCluster } from './test/support/cluster.js';

const cluster = sampleCluster({
  vars: { kube_network_plugin: 'hub', container_manager: 'crio', kubelet_parallel_pulls: true, hello_enabled: true },
});
const facts = {
  os: { id: 'opensuse-leap', like: ['opensuse-leap', 'suse', 'opensuse'], version: '15.6', pretty: 'openSUSE Leap 15.6' },
  tools: new Set(['systemctl', 'zypper', 'tar', 'sha256sum', 'timeout', 'setsid']),
  modules: { '8021q': false },
};
const ctx = roleContext(cluster, 'm11-k8s', { facts: { 'm11-k8s': facts } });
const own = { ...ctx, artifacts: artifactsFor(cluster, ctx.host, ctx.facts.arch, undefined) };
const programs = Object.fromEntries(
  [...ROLES].map(([name, role]) => {
    const o = { run: 'r', play: name, host: 'm11-k8s', nonce: 'n', check: false, cacheDir: '/c', dir: '/d' };
    return [name, compileProgram({ ...o, tasks: role.tasks(own) }).program];
  }),
);
const questions = questionsFor(cluster, ctx.host);
process.stdout.write(
  JSON.stringify({
    programs,
    family: supportedFamily(ctx.facts)?.name,
    asked: [...questions.tools, ...questions.modules.map((m) => m.name)],
    problems: problems({ cluster, allFacts: clusterFacts(cluster, { 'm11-k8s': facts }) }).map((p) => p.what),
  }),
);
`;

it('lists the files that each section touches', () => {
  const rows = [...page.matchAll(/^\| \[(.+?)\]\(#.*?\) \| (.+) \|$/gm)].map((m) => [
    m[1]?.toLowerCase(),
    [...(m[2] ?? '').matchAll(/`([^`]+)`/g)].map((f) => f[1]).sort(),
  ]);
  const sections = new Set(blocks.map((b) => b.section));
  const touched = [...sections].map((section) => [
    section.toLowerCase(),
    [...new Set(blocks.filter((b) => b.section === section).map((b) => b.path))].sort(),
  ]);
  expect(touched).toEqual(rows);
});

describe('the examples, applied to a copy of the sources', () => {
  let report: Report;

  beforeAll(async () => {
    for (const path of COPIED) cpSync(join(ROOT, path), join(tree, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    for (const block of blocks) apply(block);
    writeFileSync(join(tree, 'driver.ts'), DRIVER);
    await run(process.execPath, 'scripts/build.mjs');
    await build({
      absWorkingDir: tree,
      entryPoints: ['driver.ts'],
      // Two directories below the root, as src/base is: data is found relative to the module.
      outfile: join(tree, 'out/driver/driver.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['ssh2'],
      banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
    });
    report = JSON.parse(await run(process.execPath, 'out/driver/driver.mjs'));
  }, 120_000);

  it('have the right types', async () => {
    // Not everything: the whole check takes three times as long.
    const touched = blocks.map((b) => b.path).filter((path) => path.endsWith('.ts'));
    const config = { extends: './tsconfig.json', include: [], files: [...new Set(touched), 'src/roles/registry.ts'] };
    writeFileSync(join(tree, 'tsconfig.examples.json'), JSON.stringify(config));
    await run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.examples.json');
  }, 120_000);

  it('keep the layers', async () => {
    await run(process.execPath, 'scripts/house.mjs');
  });

  it('command: is listed, explained and runs', async () => {
    expect(await run(process.execPath, 'bin/run.js', '--help')).toMatch(/minors +List the minor versions of Kubernetes/);
    expect(await run(process.execPath, 'bin/run.js', 'minors', '--help')).toContain('--last');
    expect(await run(process.execPath, 'bin/run.js', 'minors', '--last', '2')).toMatch(/^1\.\d+\n1\.\d+\n$/);
  });

  it('setting: is shown with its origin, reaches the kubelet, and the sample is up to date', async () => {
    const show = ['bin/run.js', 'inventory', 'show', '-i', 'inventories/sample/hosts.ini', '--json'];
    const settings = async (...more: string[]) => JSON.parse(await run(process.execPath, ...show, ...more)).settings;
    expect((await settings()).kubelet_parallel_pulls).toEqual({ value: false, from: 'default' });
    expect((await settings('-e', 'kubelet_parallel_pulls=true')).kubelet_parallel_pulls.value).toBe(true);
    expect(report.programs['control-plane']).toContain('serializeImagePulls: false');
    await run(process.execPath, 'bin/run.js', 'inventory', 'generate', '-o', 'generated');
    const sample = 'group_vars/all.yml';
    expect(readFileSync(join(tree, 'inventories/sample', sample), 'utf8')).toBe(
      readFileSync(join(tree, 'generated', sample), 'utf8'),
    );
  });

  it('add-on: is part of an installation and compiles to a program', async () => {
    const tasks = ['bin/run.js', 'provision', '-i', 'inventories/sample/hosts.ini', '--list-tasks'];
    expect(await run(process.execPath, ...tasks)).toMatch(/Remove hello/);
    const list = await run(process.execPath, ...tasks, '-e', 'hello_enabled=true');
    expect(list).toMatch(/Apply hello/);
    expect(list).toMatch(/Wait until hello works/);
    expect(report.programs.hello).toContain('image: docker.io/example/hello:v1.2.0');
    expect(report.programs.hello).toContain('kubewright/addon: hello');
  });

  it('network plugin: can be chosen, compiles, and has its kernel module loaded and asked for', async () => {
    expect(await run(process.execPath, 'bin/run.js', 'inventory', 'generate', '--help')).toContain(
      'calico|static-routes|hub|none',
    );
    expect(report.programs.network).toContain('/etc/cni/net.d/10-hub.conf');
    expect(report.programs.os).toContain('modprobe -- 8021q');
    expect(report.asked).toContain('8021q');
    expect(report.problems).toContainEqual(expect.stringMatching(/lacks: 8021q/));
  });

  it('OS family: is recognised, and its packages are installed its way', () => {
    expect(report.family).toBe('suse');
    expect(report.asked).toContain('zypper');
    expect(report.problems.filter((p) => /not supported/.test(p))).toEqual([]);
    expect(report.programs.os).toContain('zypper --non-interactive install --no-recommends ca-certificates');
  });

  it('container runtime: is installed in place of the other, and known to the kubelet and kubeadm', async () => {
    expect(report.programs.crio).toContain('/etc/crio/crio.conf');
    expect(report.programs.containerd).not.toContain('/etc/containerd');
    expect(report.programs.node).toContain('After=network-online.target crio.service');
    expect(report.programs['control-plane']).toContain('criSocket: unix:///run/crio/crio.sock');
  });
});
