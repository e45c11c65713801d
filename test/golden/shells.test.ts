import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { FrameParser } from '../../src/base/text/frames.js';
import { type CompiledProgram, compileProgram } from '../../src/engine/program/compile.js';
import type { Task } from '../../src/tasks/task.js';
import { sampleCluster } from '../support/cluster.js';
import { testShells } from '../support/local.js';
import { GOLDEN_PAIRS, tasksOf } from './support.js';
import { VARIANTS, type Variant, variant } from './variants.js';

const root = mkdtempSync(join(tmpdir(), 'kubewright-shells-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The branches that the lab does not take. */
const OTHERS: readonly Variant[] = [
  ...VARIANTS.filter((v) => v.name !== 'lab'),
  {
    name: 'kubeconfig',
    text: 'the admin kubeconfig comes back',
    cluster: sampleCluster({ vars: { kubeconfig_localhost: true } }),
  },
];
const shells = testShells().filter((s) => s.command !== undefined);
const NONCE = 'abcdef0123456789';

interface Program {
  readonly name: string;
  readonly tasks: readonly Task[];
}

/** Every role's program on every host of the golden files. */
function programs(v: Variant = variant('lab')): Program[] {
  return GOLDEN_PAIRS.map(([role, host]) => ({ name: `${role} on ${host}`, tasks: tasksOf(v, role, host) }));
}

function compile(p: Program, dir: string, check: boolean): CompiledProgram {
  return compileProgram({
    run: 'r',
    play: p.name,
    host: 'h',
    nonce: NONCE,
    tasks: p.tasks,
    check,
    diff: true,
    cacheDir: join(dir, 'cache'),
    dir,
  });
}

describe('programs of the roles', () => {
  it.each(shells)('are shell to $name', (shell) => {
    const [file = 'sh', ...args] = shell.command ?? [];
    for (const [i, program] of programs().entries()) {
      for (const check of [true, false]) {
        const path = join(root, `syntax-${i}`);
        writeFileSync(path, compile(program, root, check).program);
        const result = spawnSync(file, [...args, '-n', path], { encoding: 'utf8' });
        expect(`${result.status} ${result.stderr}`, program.name).toBe('0 ');
      }
    }
  });

  it('are shell where a cluster takes other branches', () => {
    for (const v of OTHERS) {
      for (const program of programs(v)) {
        const result = spawnSync('sh', ['-n'], { input: compile(program, root, false).program, encoding: 'utf8' });
        expect(`${result.status} ${result.stderr}`, `${program.name}: ${v.name}`).toBe('0 ');
      }
    }
  });

  it('look at a machine in the same way under every shell', { timeout: 180_000 }, async () => {
    // Checks are read-only, so this very machine will do. What it lacks (kubectl, etcd), it lacks under every shell.
    for (const [i, program] of programs().entries()) {
      // A worker that is busy for a minute does not answer vitest, which then fails the run.
      await setImmediate();
      const seen = shells.map((shell) => {
        const dir = join(root, `${shell.name}-${i}`);
        mkdirSync(join(dir, 'secrets'), { recursive: true });
        const { program: text, secrets } = compile(program, dir, true);
        for (const s of secrets.values()) writeFileSync(join(dir, 'secrets', s.name), s.reveal());
        writeFileSync(join(dir, 'program'), text);
        const [file = 'sh', ...args] = shell.command ?? [];
        const run = spawnSync(file, [...args, join(dir, 'program'), 'main'], {
          env: { ...process.env, ...shell.env, KW_SH: file },
        });
        return { shell: shell.name, ...read(run.stdout, run.stderr) };
      });
      for (const s of seen) {
        expect(s.strange, `${program.name} under ${s.shell}`).toEqual([]);
        expect(s.ends, `${program.name} under ${s.shell}`).toHaveLength(program.tasks.length);
        expect(s.ends, `${program.name} under ${s.shell}`).toEqual(seen[0]?.ends);
      }
    }
  });
});

/** How each task ended, and what no shell should have said. */
function read(stdout: Buffer, stderr: Buffer): { ends: string[]; strange: string[] } {
  const parser = new FrameParser(NONCE);
  const items = [...parser.feed(stdout), ...parser.end()];
  const ends = items.flatMap((i) => (i.kind === 'frame' && i.fields[0] === 'end' ? [i.fields.slice(1, 3).join(' ')] : []));
  const said = items.flatMap((i) => (i.kind === 'output' ? [i.data.toString()] : [])).join('') + stderr.toString();
  // Programs that come with Kubernetes are called by their full path, and are not here.
  const strange = said
    .split('\n')
    .filter((l) =>
      /syntax error|bad substitution|unexpected|not found|parameter not set|unbound variable|invalid option|unrecognized option/i.test(
        l,
      ),
    )
    .filter((l) => !/\/usr\/local\/bin\/|openssl|systemctl|kubewright-routes/.test(l));
  return { ends, strange };
}
