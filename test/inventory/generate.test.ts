import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import {
  DEFAULT_INVENTORY,
  type GenerateInventoryOptions,
  generateInventory,
  inventoryGenerate,
} from '../../src/app/inventory/generate/generate.js';
import { inventoryValidate } from '../../src/app/inventory/validate.js';
import { settingsShape } from '../../src/cluster/settings.js';
import { loadInventory } from '../../src/inventory/load/load.js';
import { AnsibleOracle, haveAnsible } from '../support/ansible-oracle.js';
import { ours, question } from '../support/inventory-corpus.js';
import { FUZZ_RUNS } from '../support/random/fuzz.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-generate-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const root = join(import.meta.dirname, '../..');

let count = 0;
function write(o: Partial<GenerateInventoryOptions>): { readonly path: string; readonly files: Map<string, string> } {
  const files = generateInventory({ ...DEFAULT_INVENTORY, ...o });
  const folder = join(dir, `${count++}`);
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { path: join(folder, [...files.keys()][0] ?? ''), files };
}

async function quietly<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly out: string }> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    return { value: await run(), out: out.join('') };
  } finally {
    spy.mockRestore();
  }
}

describe('generated inventories', () => {
  it('are what lies in inventories/sample', () => {
    for (const [name, text] of generateInventory(DEFAULT_INVENTORY)) {
      expect(readFileSync(join(root, 'inventories/sample', name), 'utf8')).toBe(text);
    }
  });

  it.each(['legacy', 'new'] as const)('have the names, addresses and groups of the users (%s)', async (groupStyle) => {
    const i = await loadInventory([write({ groupStyle }).path]);
    const numbers = [11, 12, 13, 101, 102, 103, 104, 105, 106];
    expect([...i.hosts.keys()]).toEqual(numbers.map((n) => `${n < 100 ? 'm' : 'w'}${n}-k8s`));
    expect([...i.hosts.values()].map((h) => h.vars.get('ip')?.value)).toEqual(numbers.map((n) => `192.168.1.${n}`));
    const members = (g: string): readonly string[] => i.groups.get(g)?.hosts ?? [];
    expect(members('etcd')).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect(members('kube_control_plane')).toEqual(members('etcd'));
    expect(members('kube_node')).toHaveLength(6);
    expect(members('k8s_cluster')).toHaveLength(9);
    expect(members('calico_rr')).toEqual([]);
  });

  it('have every setting with its default and its meaning', () => {
    const text = write({}).files.get('group_vars/all.yml') ?? '';
    const uncommented = text.replaceAll(/^# (?=[a-z0-9_]+:|- | )/gm, '');
    const values = parse(uncommented.replaceAll(/^#.*$/gm, ''), { version: '1.1' });
    for (const [name, schema] of Object.entries(settingsShape)) {
      expect(Object.keys(values)).toContain(name);
      const standing = schema.safeParse(undefined);
      if (standing.success && standing.data !== undefined) expect([name, values[name]]).toEqual([name, standing.data]);
      expect(schema.description, name).toBeTruthy();
    }
  });

  it.each([
    [{ workers: 200 }, /192\.168\.1\.0\/24 is too small/],
    [{ subnet: '10.0.0.0/29' }, /too small/],
    [{ subnet: 'lan' }, /lan is not a subnet/],
    [{ subnet: '300.0.0.0/8' }, /not a subnet/],
    [{ masters: 95 }, /share the address 192\.168\.1\.101/],
    [{ masters: 0 }, /needs a control plane/],
    [{ etcd: 2 }, /2 etcd members: the number must be odd/],
    [{ etcd: 0 }, /must be odd/],
    [{ etcd: 11 }, /11 etcd members, but 9 hosts/],
    [{ etcd: 'workers', workers: 0 }, /there are no workers/],
    [{ masterName: 'Master_{n}' }, /not a DNS name/],
    [{ masterName: 'one' }, /Two hosts would be named one/],
    [{ masterName: 'x{i}', workerName: 'x{i}' }, /Two hosts would be named x1/],
    [{ kubeVersion: '1.2.3' }, /1\.2\.3 is not known/],
    [{ user: 'a b' }, /is not a valid user name/],
    [{ masterStart: 0 }, /not a host number/],
    [{ masters: 1, masterName: 'etcd' }, /etcd is the name of a group/],
    [{ workers: 1, workerName: 'kube-node' }, /kube-node is the name of a group/],
    [{ subnet: '0.0.0.0/0' }, /Hosts cannot have addresses in 0\.0\.0\.0\/0/],
    [{ subnet: '127.0.0.0/8' }, /Hosts cannot have addresses in 127\.0\.0\.0\/8/],
    [{ subnet: '224.0.1.0/24' }, /Hosts cannot have addresses in 224\.0\.1\.0\/24/],
  ] as const)('%j: refused', (options, what) => {
    expect(() => generateInventory({ ...DEFAULT_INVENTORY, ...(options as Partial<GenerateInventoryOptions>) })).toThrow(what);
  });

  it('are never overwritten without force, in any format', async () => {
    const output = join(dir, 'kept');
    const run = (o: Partial<GenerateInventoryOptions>, force = false): Promise<unknown> =>
      quietly(() => inventoryGenerate({ ...DEFAULT_INVENTORY, ...o, output, force }));
    await run({});
    await expect(run({})).rejects.toThrow(/already exists/);
    await expect(run({ format: 'yaml' })).rejects.toThrow(/already exists/);
    await run({ workers: 1 }, true);
    expect(readFileSync(join(output, 'hosts.ini'), 'utf8')).not.toContain('w102');
  });

  const given = (output: string, force = false): Promise<unknown> =>
    quietly(() => inventoryGenerate({ ...DEFAULT_INVENTORY, output, force }));

  it('are not written beside settings that Ansible would read in their place', async () => {
    const [folder, yaml] = [join(dir, 'vars-folder'), join(dir, 'vars-yaml')];
    mkdirSync(join(folder, 'group_vars/all'), { recursive: true });
    mkdirSync(join(yaml, 'group_vars'), { recursive: true });
    writeFileSync(join(yaml, 'group_vars/all.yaml'), 'a: 1\n');
    await expect(given(folder)).rejects.toThrow(/settings in group_vars\/all.yml would be ignored/);
    await expect(given(folder, true)).rejects.toThrow(/would be ignored/);
    await expect(given(yaml)).rejects.toThrow(/already exists/);
    expect(existsSync(join(folder, 'hosts.ini'))).toBe(false);
  });

  it('do not start if they cannot be written', async () => {
    const [file, half] = [join(dir, 'a-file'), join(dir, 'half')];
    writeFileSync(file, '');
    mkdirSync(half);
    writeFileSync(join(half, 'group_vars'), '');
    symlinkSync('nowhere', join(dir, 'nowhere-link'));
    for (const output of [file, half, join(dir, 'nowhere-link'), join(file, 'below')]) {
      await expect(given(output), output).rejects.toMatchObject({
        exitCode: 2,
        parts: { what: 'The inventory cannot be written', fix: expect.stringContaining('-o') },
      });
    }
    expect(existsSync(join(half, 'hosts.ini'))).toBe(false);
  });

  // Node.js retries forever to create a directory there.
  it.skipIf(!existsSync('/proc/version'))('are not retried forever in a directory that cannot hold them (needs /proc)', () => {
    const command = [join(root, 'bin/run.js'), 'inventory', 'generate', '-o', '/proc/kubewright'];
    const { status, stderr } = spawnSync('node', command, { encoding: 'utf8', timeout: 60_000 });
    expect([status, stderr]).toEqual([2, expect.stringContaining('/proc/kubewright: The inventory cannot be written')]);
  });
});

const options: fc.Arbitrary<Partial<GenerateInventoryOptions>> = fc.record(
  {
    masters: fc.integer({ min: 1, max: 9 }),
    workers: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 50, max: 300 })),
    subnet: fc.constantFrom(
      '192.168.1.0/24',
      '10.233.0.0/16',
      '10.0.0.0/8',
      '172.16.8.0/21',
      '10.233.64.0/20',
      '192.168.56.77/22',
    ),
    masterStart: fc.integer({ min: 1, max: 30 }),
    workerStart: fc.integer({ min: 20, max: 250 }),
    masterName: fc.constantFrom('m{n}-k8s', 'cp{i}', 'master-{i}.example.com', '{n}e{i}', 'on'),
    workerName: fc.constantFrom('w{n}-k8s', 'node-{i}', '1e{i}', 'n{n}.lan'),
    etcd: fc.oneof(fc.constantFrom('masters' as const, 'workers' as const), fc.constantFrom(1, 3, 5)),
    groupStyle: fc.constantFrom('legacy', 'new'),
    user: fc.constantFrom('vagrant', 'root', 'yes', 'k8s-admin'),
    become: fc.boolean(),
    kubeVersion: fc.constantFrom('1.34.11', 'v1.33.1', undefined),
    networkPlugin: fc.constantFrom('calico', 'static-routes', 'none'),
    format: fc.constantFrom('ini', 'yaml'),
  },
  { requiredKeys: [] },
);
const fitting = options.filter((o) => {
  try {
    return generateInventory({ ...DEFAULT_INVENTORY, ...o }).size > 0;
  } catch {
    return false;
  }
});

describe('whatever the options', () => {
  it('they validate clean, even if warnings fail', async () => {
    await fc.assert(
      fc.asyncProperty(fitting, async (o) => {
        const { path } = write(o);
        const { value, out } = await quietly(() =>
          inventoryValidate({ inventory: [path], extraVars: [], strict: true, json: false }),
        );
        expect([value, out]).toEqual([0, expect.stringMatching(/no errors, no warnings/)]);
      }),
      { numRuns: 15 },
    );
  });

  describe.skipIf(!haveAnsible)('ansible-inventory (skipped where it is not installed)', () => {
    const oracle = new AnsibleOracle();
    afterAll(() => oracle.close());

    it(`prints the same of ${FUZZ_RUNS} of them, and every machine is in its groups`, async () => {
      const written = { ini: 0, yaml: 0 };
      await fc.assert(
        fc.asyncProperty(fitting, async (o) => {
          const { path } = write(o);
          const given = { sources: [path], extra: [] };
          const [answer, said] = [await oracle.ask(question(given)), await ours(given)];
          // It dislikes the dashes in kube-node.
          expect(answer.warnings.filter((w) => !w.startsWith('Invalid characters were found in group names'))).toEqual([]);
          expect(said.text, said.refusal?.message).toBe(answer.text);
          written[path.endsWith('.yml') ? 'yaml' : 'ini']++;

          const theirs = JSON.parse(answer.text ?? '');
          const { hosts, groups } = await loadInventory([path]);
          const [masters, workers] = [o.masters ?? DEFAULT_INVENTORY.masters, o.workers ?? DEFAULT_INVENTORY.workers];
          expect(hosts.size).toBe(masters + workers);
          expect(Object.keys(theirs._meta.hostvars).sort()).toEqual([...hosts.keys()].sort());
          const [master, worker] = o.groupStyle === 'new' ? ['kube_control_plane', 'kube_node'] : ['kube-master', 'kube-node'];
          expect(theirs[master].hosts).toHaveLength(masters);
          // Without workers the masters do their work.
          expect(theirs[worker].hosts).toHaveLength(workers || masters);
          expect(groups.get('kube_control_plane')?.hosts).toEqual(theirs[master].hosts);
          expect(groups.get('kube_node')?.hosts).toEqual(theirs[worker].hosts);
          expect(groups.get('etcd')?.hosts).toEqual(membersOf(theirs, 'etcd'));
        }),
        { numRuns: FUZZ_RUNS },
      );
      // Neither format is left out by chance.
      expect(Math.min(written.ini, written.yaml)).toBeGreaterThan(FUZZ_RUNS / 10);
    }, 300_000);
  });
});

/** Of a group and its children. */
function membersOf(list: Readonly<Record<string, { hosts?: string[]; children?: string[] }>>, group: string): string[] {
  const { hosts = [], children = [] } = list[group] ?? {};
  return [...hosts, ...children.flatMap((c) => membersOf(list, c))];
}

const built = existsSync(join(root, 'dist/cli/main.js')) && existsSync('/usr/bin/python3');

describe.skipIf(!built)('inventory generate --interactive', () => {
  const run = (answers: readonly string[], output: string): { code: number | null; shown: string } => {
    const command = ['node', join(root, 'bin/run.js'), 'inventory', 'generate', '--interactive', '-o', output];
    const terminal = spawnSync('/usr/bin/python3', [join(root, 'test/oracle/terminal.py'), ...command], {
      input: answers.join('\n'),
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { code: terminal.status, shown: terminal.stdout };
  };

  it('empty answers give the default', () => {
    const output = join(dir, 'asked');
    const { code, shown } = run(Array(15).fill(''), output);
    expect([code, shown]).toEqual([0, expect.stringContaining('wrote')]);
    expect(readFileSync(join(output, 'hosts.ini'), 'utf8')).toBe(
      readFileSync(join(root, 'inventories/sample/hosts.ini'), 'utf8'),
    );
  });

  it('asks again after an invalid answer', () => {
    const output = join(dir, 'asked-again');
    const answers = [
      'many',
      '1',
      '2',
      '10.5.0.0/24',
      '1',
      '10',
      'cp{i}',
      '',
      'masters',
      'new',
      'root',
      'no',
      'newest',
      'flannel',
      'static-routes',
      'yaml',
      '',
    ];
    const { code, shown } = run(answers, output);
    expect([code, shown]).toEqual([0, expect.stringMatching(/many is not a number[\s\S]*flannel is not a valid choice/)]);
    const text = readFileSync(join(output, 'hosts.yml'), 'utf8');
    expect(text).toMatch(/cp1:\n {6}ansible_host: 10\.5\.0\.1\n/);
    expect(readFileSync(join(output, 'group_vars/all.yml'), 'utf8')).toMatch(
      /ansible_become: false[\s\S]*\nkube_network_plugin: static-routes/,
    );
  });

  it('reports at once an invalid answer and an existing inventory', () => {
    const [output, there] = [join(dir, 'asked-at-once'), join(dir, 'asked-there')];
    mkdirSync(there);
    writeFileSync(join(there, 'hosts.ini'), '');
    const answers = [
      ...['3', '2', 'lan', '10.0.0.0/30', '10.0.0.0/28', '14', '1', '3', '4', 'M{n}', 'm{i}', 'm{i}', 'w{i}'],
      ...['2', '9', '3', '', 'a b', 'root', 'Y', '1.99.0', '', '', '', there, output],
    ];
    const { code, shown } = run(answers, output);
    const wrong = [
      'lan is not a subnet',
      '10.0.0.0/30 is too small',
      '10.0.0.0/28 is too small',
      'share the address 10.0.0.3',
      'M1, which is not a DNS name',
      'Two hosts would be named m1',
      'the number must be odd',
      '9 etcd members, but 5 hosts',
      'is not a valid user name',
      'Kubernetes 1.99.0 is not known',
      'The inventory already exists',
    ];
    expect([code, shown]).toEqual([
      0,
      expect.stringMatching(new RegExp(wrong.map((w) => w.replaceAll('.', '\\.')).join('[^]*'))),
    ]);
    expect(readFileSync(join(output, 'hosts.ini'), 'utf8')).toMatch(/w1 ansible_host=10\.0\.0\.4 /);
  });

  it('is refused without a terminal', () => {
    const { status, stderr } = spawnSync('node', [join(root, 'bin/run.js'), 'inventory', 'generate', '--interactive'], {
      input: '',
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('--interactive needs a terminal')]);
  });
});
