import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vagrantMachines } from '../../../src/app/inventory/plan-machines.js';
import { loadInventory } from '../../../src/inventory/load/load.js';
import { HYPERVISORS } from '../../../src/lab/vagrant/tool/boxes.js';
import { failureText, type Row, vagrantIn } from '../../../src/lab/vagrant/tool/cli.js';
import { outcomeOf, progressOf } from '../../../src/lab/vagrant/tool/progress.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const SAMPLE = join(ROOT, 'inventories/sample/hosts.ini');
const GOLDEN = join(ROOT, 'test/golden/files/vagrant');

/** Debian's vagrant: its libraries can be used from Ruby too, which a Vagrant from HashiCorp doesn't allow. */
const missing = spawnSync('ruby', ['-e', 'require "vagrant"']).status === 0 ? undefined : 'needs Debian’s vagrant';

interface Dumped {
  readonly name: string;
  readonly hostname: string;
  readonly box: string;
  readonly box_url: string[] | null;
  readonly networks: readonly [string, Record<string, unknown>][];
  readonly synced_folders: readonly string[];
  readonly provisioners: readonly [string, string, string][];
  readonly provider: Record<string, unknown>;
}

/** A provider that is usable everywhere and makes nothing; a machine named `bad` does not boot. */
const NOTHING = `class NothingProvider < Vagrant.plugin('2', :provider)
  def initialize(machine) = @machine = machine
  def self.usable?(*) = true
  def state = Vagrant::MachineState.new(:not_created, 'not created', 'not created')
  def action(_) = Vagrant::Action::Builder.new.tap { |b| b.use(NothingStep, @machine) }
end
class NothingStep
  def initialize(app, _env, machine) = (@app, @machine = app, machine)
  def call(env)
    @machine.ui.output('Importing base box...')
    @machine.ui.detail('a detail')
    raise Vagrant::Errors::VMBootTimeout if @machine.name == :bad
    @app.call(env)
  end
end
class NothingPlugin < Vagrant.plugin('2')
  name 'nothing'
  provider(:nothing, box_optional: true) { NothingProvider }
end
`;

let dir: string;
let home: string;

/** A folder as `lab up` leaves one: the Vagrantfile with the list of machines beside it. */
async function labFolder(name: string, inventory: string, more: Record<string, unknown> = {}, box?: string): Promise<string> {
  const folder = join(dir, name);
  mkdirSync(folder);
  cpSync(join(ROOT, 'vagrant/Vagrantfile'), join(folder, 'Vagrantfile'));
  const machines = vagrantMachines(await loadInventory([inventory]), { arch: 'x64', box });
  writeFileSync(
    join(folder, 'machines.json'),
    JSON.stringify({ version: 1, inventory: [inventory], machines, refused: {}, ...more }),
  );
  return folder;
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { KUBEWRIGHT, KUBEWRIGHT_BOX, KUBEWRIGHT_INVENTORY, KUBEWRIGHT_PROVIDER, VAGRANT_DEFAULT_PROVIDER, ...rest } =
    process.env;
  return { ...rest, VAGRANT_HOME: home, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1', ...more };
}

interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not synchronous: Vagrant takes its time on a busy machine, and vitest wants to hear from its workers. */
function run(command: string, args: readonly string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): Promise<Done> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

function vagrant(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Done> {
  return run('vagrant', args, { cwd: folder, env: environment(env) });
}

type Dump = Record<(typeof HYPERVISORS)[number], Dumped[]>;

/** One run for all folders: starting Vagrant is slow. */
async function dump(...folders: string[]): Promise<Record<string, Dump>> {
  const done = await run('ruby', [join(ROOT, 'test/support/vagrant-dump.rb'), ...folders], { env: environment() });
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout);
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubewright-vagrant-'));
  home = join(dir, 'home');
  mkdirSync(home);
  // Vagrant reads this Vagrantfile before any other.
  writeFileSync(join(home, 'Vagrantfile'), NOTHING);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(missing !== undefined)(
  `the Vagrantfile under the real vagrant${missing ? ` (${missing})` : ''}`,
  { timeout: 180_000 },
  () => {
    let sample: string;
    let sizes: string;
    let dumps: Record<string, Dump>;
    beforeAll(async () => {
      sample = await labFolder('sample', SAMPLE);
      const inventory = join(dir, 'sizes.ini');
      writeFileSync(
        inventory,
        `[kube_control_plane]
cp ansible_host=192.168.56.11 vagrant_cpus=4 vagrant_memory=4096 vagrant_box=alma9
[kube_node]
n_1 ansible_host=127.0.0.1 ansible_port=2201 ip=192.168.56.12 vagrant_box=https://example.org/boxes/mine.box
`,
      );
      sizes = await labFolder('sizes', inventory);
      dumps = await dump(sample, sizes);
    }, 300_000);

    it('is valid', async () => {
      const done = await vagrant(sample, ['validate', '--ignore-provider']);
      expect(done.stderr).toBe('');
      expect(done.stdout).toContain('Vagrantfile validated successfully');
      expect(done.status).toBe(0);
    });

    it('has the nine machines of the users’ lab, for the provider that the environment names', async () => {
      const done = await vagrant(sample, ['status', '--machine-readable'], { KUBEWRIGHT_PROVIDER: 'nothing' });
      expect(done.status, done.stdout + done.stderr).toBe(0);
      const rows = done.stdout.split('\n').map((l) => l.split(','));
      expect(rows.filter((r) => r[2] === 'state').map((r) => r[1])).toEqual(
        ['m11', 'm12', 'm13', 'w101', 'w102', 'w103', 'w104', 'w105', 'w106'].map((n) => `${n}-k8s`),
      );
      expect(new Set(rows.filter((r) => r[2] === 'provider-name').map((r) => r[3]))).toEqual(new Set(['nothing']));
    });

    it('gives each provider sizes, addresses, forwards and boxes as the inventory says', async () => {
      const all = dumps[sample] as Dump;
      for (const hypervisor of HYPERVISORS) {
        const machines = all[hypervisor];
        expect(machines.map((m) => m.networks[0]?.[1].ip)).toEqual(
          [11, 12, 13, 101, 102, 103, 104, 105, 106].map((n) => `192.168.1.${n}`),
        );
        expect(machines.map((m) => m.networks[1]?.[1].host)).toEqual(
          [11, 12, 13, 101, 102, 103, 104, 105, 106].map((n) => 60_000 + n),
        );
        // One line a machine, without the script that they share.
        const lines = machines.map((m) => JSON.stringify({ ...m, provisioners: m.provisioners.map((p) => p.slice(0, 2)) }));
        await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(GOLDEN, `${hypervisor}.jsonl`));
      }
      expect(all.libvirt.map((m) => [m.provider.cpus, m.provider.memory])).toEqual([
        ...Array(3).fill([2, 2048]),
        ...Array(6).fill([1, 1536]),
      ]);
      expect(all.vmware_desktop[8]?.provider.vmx).toEqual({ numvcpus: '1', memsize: '1536' });
      expect(JSON.stringify(all.virtualbox[0]?.provider.customizations)).toContain('"--memory","2048"');
    });

    it('takes sizes and boxes from host variables, and ports from an inventory that has them', () => {
      const [cp, node] = dumps[sizes]?.libvirt ?? [];
      expect(cp).toMatchObject({ box: 'almalinux/9', provider: { cpus: 4, memory: 4096 } });
      expect(node).toMatchObject({ name: 'n_1', hostname: 'n-1', box: 'mine', box_url: ['https://example.org/boxes/mine.box'] });
      expect(node?.networks.map((n) => [n[0], n[1].ip ?? n[1].host])).toEqual([
        ['private_network', '192.168.56.12'],
        ['forwarded_port', 2201],
      ]);
    });

    it('hands on a script that every shell of the boxes can parse', () => {
      const script = dumps[sample]?.virtualbox[0]?.provisioners[0]?.[2] ?? '';
      expect(script).toContain("echo 'vagrant:vagrant' | chpasswd");
      for (const shell of ['dash', 'bash']) {
        expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      }
    });

    it('prints what lab up reads: the steps of each machine, and which one failed', async () => {
      const inventory = join(dir, 'three.ini');
      writeFileSync(inventory, '[kube_node]\ngood ip=192.168.56.11\nbad ip=192.168.56.12\nlater ip=192.168.56.13\n');
      const steps: string[] = [];
      const onRow = (row: Row) => {
        const step = progressOf(row);
        if (step) steps.push(`${step.stage}: ${step.text}`);
      };
      const up = vagrantIn(await labFolder('three', inventory), environment());
      const result = await up(['up', '--provider', 'nothing', '--no-parallel', '--machine-readable'], { onRow });
      expect(result.code).toBe(1);
      expect(steps).toEqual([
        ...['good', 'bad', 'later'].map((n) => `${n}: starting with nothing`),
        'good: importing base box',
        'good: is up',
        'bad: importing base box',
      ]);
      expect(outcomeOf(['good', 'bad', 'later'], result.rows)).toMatchObject({
        up: ['good'],
        failed: ['bad'],
        untouched: ['later'],
      });
      expect(failureText(result)).toMatch(/^Timed out while waiting for the machine to boot\. This means that\n/);
      expect(failureText(await up(['ssh-config', 'good']))).toContain('not yet ready for SSH');
    });

    it('says before anything is made why a provider can’t', async () => {
      const folder = await labFolder('refused', SAMPLE, {
        refused: { nothing: 'VirtualBox does not allow machines on 192.168.1.0/24' },
      });
      const done = await vagrant(folder, ['up', '--provider', 'nothing']);
      expect(done.stderr).toContain('VirtualBox does not allow machines on 192.168.1.0/24');
      expect(done.stdout).not.toContain('Importing');
      expect(done.status).toBe(1);
    });

    describe('in a checkout', () => {
      let checkout: string;
      beforeAll(() => {
        checkout = join(dir, 'checkout');
        for (const d of ['vagrant', 'bin', 'inventories/sample']) mkdirSync(join(checkout, d), { recursive: true });
        cpSync(join(ROOT, 'vagrant/Vagrantfile'), join(checkout, 'vagrant/Vagrantfile'));
        // The command's own output is tested elsewhere; here it matters how it is called.
        writeFileSync(
          join(checkout, 'bin/run.js'),
          `const a = process.argv.slice(2);
if (a[3]?.includes('bad')) { console.error(a[3] + ':3:1: m11-k8s has no address'); process.exit(2); }
const m = { name: 'one', hostname: 'one', address: '192.168.56.11', cpus: 2, memory: 2048, sshPort: 60011, boxes: { nothing: { name: a.join('|') } } };
console.log(JSON.stringify({ version: 1, inventory: [], machines: [m], refused: {} }));
`,
        );
        writeFileSync(join(checkout, 'package.json'), '{"type":"commonjs"}');
      });

      it('asks the Kubewright of the checkout for the machines of the sample', async () => {
        const done = await vagrant(join(checkout, 'vagrant'), ['status', '--machine-readable'], {
          VAGRANT_DEFAULT_PROVIDER: 'nothing',
        });
        expect(done.stdout, done.stderr).toContain(',one,state,');
      });

      it('passes on what is wrong with an inventory', async () => {
        const done = await vagrant(join(checkout, 'vagrant'), ['status'], { KUBEWRIGHT_INVENTORY: 'bad.ini' });
        expect(done.stderr).toContain("Kubewright can't read the inventory");
        expect(done.stderr).toContain(`${join(checkout, 'vagrant', 'bad.ini')}:3:1: m11-k8s has no address`);
        expect(done.status).toBe(1);
      });

      it('says what to do where Node.js and kubewright are not found', async () => {
        const tools = join(dir, 'tools');
        mkdirSync(tools);
        for (const tool of ['vagrant', 'ruby', 'env', 'sh', 'bash', 'uname', 'tput', 'id', 'locale']) {
          const found = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
          if (found && existsSync(found)) symlinkSync(found, join(tools, tool));
        }
        const done = await vagrant(join(checkout, 'vagrant'), ['status'], { PATH: tools });
        expect(done.stderr).toContain('Install Node.js 20.19 or newer');
        expect(done.stderr).not.toContain('Vagrantfile:'); // no trace of Ruby
        expect(done.status).toBe(1);
      });
    });
  },
);
