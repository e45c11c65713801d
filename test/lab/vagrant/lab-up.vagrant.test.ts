import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runKeysDistribute } from '../../../src/app/keys/keys.js';
import {
  type LabUpOptions,
  labDown,
  labSnapshot,
  labSsh,
  labStart,
  labStatus,
  labStop,
  labUp,
} from '../../../src/app/lab/lab.js';
import { labSettings } from '../../../src/app/lab/vagrant-up.js';
import { InputErrors, KubewrightError } from '../../../src/base/errors.js';
import { loadInventory } from '../../../src/inventory/load/load.js';
import { createVagrantLab } from '../../../src/lab/vagrant/lab.js';
import { Cli, missingForCli } from '../../support/cli.js';
import { keygen, missingForSsh, Sshd } from '../../support/fleet/sshd.js';
import { VagrantStandIn } from '../../support/vagrant.js';

const needed = missingForSsh();
const systemPath = process.env.PATH;
const VIRSH = '#!/bin/sh\necho "Compiled against library: libvirt 9.0.0"\n';

let dir: string;
let standIn: VagrantStandIn;
let printed: string;
let options: LabUpOptions;

const inLab = (...path: string[]) => join(dir, 'lab', ...path);
const inventoryDir = () => join(dir, 'inv');

/** An inventory as a user has one; addresses of loopback, because nothing else may be asked here. */
function userInventory(names: readonly string[]): string {
  const folder = join(dir, 'mine');
  mkdirSync(join(folder, 'group_vars'), { recursive: true });
  mkdirSync(join(folder, 'host_vars'));
  const lines = names.map((n, i) => `${n} ansible_host=127.77.0.${11 + i}\n`);
  writeFileSync(
    join(folder, 'hosts.ini'),
    `[all]\n${lines.join('')}\n[kube-master]\n${names[0]}\n\n[kube-node]\n${names.slice(1).join('\n')}\n`,
  );
  writeFileSync(join(folder, 'group_vars/all.yml'), 'ansible_user: somebody\nkube_network_plugin: none\n');
  writeFileSync(join(folder, `host_vars/${names[0]}.yml`), 'ansible_port: 2222\nnode_labels: { disk: ssd }\n');
  return join(folder, 'hosts.ini');
}

async function failure(work: Promise<unknown>): Promise<KubewrightError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(KubewrightError);
  return error as KubewrightError;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubewright-labup-'));
  standIn = new VagrantStandIn(join(dir, 'stand-in'));
  standIn.tool('virsh', VIRSH);
  standIn.scenario({ plugins: ['vagrant-libvirt'] });
  for (const [name, value] of Object.entries({ ...standIn.environment, HOME: dir, KUBEWRIGHT_LAB_DIR: inLab() }))
    vi.stubEnv(name, value);
  for (const name of ['KUBEWRIGHT_PROVIDER', 'VAGRANT_DEFAULT_PROVIDER', 'KUBEWRIGHT_BOX', 'SSH_AUTH_SOCK'])
    vi.stubEnv(name, undefined);
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  options = { provider: 'vagrant', inventory: [], extraVars: [], inventoryDir: inventoryDir(), hypervisor: 'libvirt' };
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(needed !== undefined)(
  `lab up --provider vagrant, to machines with a real sshd${needed ? ` (${needed})` : ''}`,
  { timeout: 180_000 },
  () => {
    const names = ['cp1', 'n1', 'n2'];
    const machines = new Map<string, Sshd>();
    const logins: Record<string, { host: string; port: number; user: string; key: string }> = {};
    let keys: string;

    beforeAll(async () => {
      keys = mkdtempSync(join(tmpdir(), 'kubewright-labup-keys-'));
      for (const name of names) {
        const sshd = await new Sshd().start();
        machines.set(name, sshd);
        const user = sshd.addUser();
        // The key that Vagrant made for this machine, in the folder where it keeps it.
        const key = join(keys, `key of ${name}`);
        keygen(key);
        mkdirSync(join(user.home, '.ssh'), { mode: 0o755 });
        writeFileSync(join(user.home, '.ssh/authorized_keys'), readFileSync(`${key}.pub`), { mode: 0o644 });
        execFileSync('chown', ['-R', user.name, join(user.home, '.ssh')]);
        logins[name] = { host: '127.0.0.1', port: sshd.port, user: user.name, key };
      }
    }, 300_000);
    beforeEach(() => {
      // SSH needs more of this machine than the other tests; the stand-in still comes first.
      vi.stubEnv('PATH', `${standIn.bin}:${systemPath}`);
      standIn.scenario({ plugins: ['vagrant-libvirt'], logins });
    });
    afterAll(async () => {
      for (const sshd of machines.values()) await sshd.stop();
      rmSync(keys, { recursive: true, force: true });
    }, 300_000);

    it('leaves an inventory beside the user’s with which keys are distributed at once', async () => {
      const mine = userInventory(names);
      expect(await labUp({ ...options, inventory: [mine] })).toBe(0);
      expect(standIn.calls()).toEqual(['--version', 'plugin list', 'up --provider libvirt --parallel', 'ssh-config']);
      expect(printed).toContain('cp1: getting the box debian/bookworm64\n');
      expect(printed).toContain('n2: is up\n');
      expect(printed).toContain(`Next: kubewright keys distribute -i ${mine} -i ${inventoryDir()}/hosts.ini`);

      // What the user wrote holds; how the machines are reached is the lab's.
      const both = await loadInventory([mine, join(inventoryDir(), 'hosts.ini')]);
      const value = (host: string, name: string) => both.hosts.get(host)?.vars.get(name)?.value;
      expect(both.groups.get('kube_node')?.hosts).toEqual(['n1', 'n2']);
      expect(value('cp1', 'kube_network_plugin')).toBe('none');
      expect(value('cp1', 'node_labels')).toEqual({ disk: 'ssd' });
      expect(value('cp1', 'ansible_port')).toBe(machines.get('cp1')?.port);
      expect(value('cp1', 'ansible_user')).toBe(machines.get('cp1')?.users[0]?.name);
      expect(value('cp1', 'ip')).toBe('127.77.0.11');
      // Vagrant's list is the same reader's.
      const list = JSON.parse(readFileSync(inLab('vagrant/machines.json'), 'utf8'));
      expect(list.machines.map((m: { name: string; cpus: number; memory: number }) => [m.name, m.cpus, m.memory])).toEqual([
        ['cp1', 2, 2048],
        ['n1', 1, 1536],
        ['n2', 1, 1536],
      ]);
      expect(existsSync(inLab('vagrant/Vagrantfile'))).toBe(true);

      printed = '';
      const distribute = () =>
        runKeysDistribute({
          inventory: [mine, join(inventoryDir(), 'hosts.ini')],
          extraVars: [],
          connection: { hostKeyChecking: 'strict' },
        });
      expect(await distribute(), printed).toBe(0);
      for (const sshd of machines.values()) {
        expect(readFileSync(join(sshd.users[0]?.home ?? '', '.ssh/authorized_keys'), 'utf8').split('\n').length).toBeGreaterThan(
          3,
        );
      }
      // Host keys of machines that come and go stay out of the user's own file.
      expect(existsSync(join(dir, '.ssh/known_hosts'))).toBe(false);
    });

    it('goes on where it was, logs in, stops, starts and removes', async () => {
      const mine = userInventory(names);
      await labUp({ ...options, inventory: [mine] });
      await labUp({ ...options, inventory: [mine], hypervisor: undefined });
      expect(printed).toContain('libvirt');

      printed = '';
      expect(await labStatus()).toBe(0);
      expect(printed).toContain('cp1  127.77.0.11      running\n');
      expect(printed).toContain(`Inventory: -i ${mine} -i ${inventoryDir()}/hosts.ini\nBy: Vagrant with libvirt\n`);
      expect(await labSsh('n1', ['exit 7'])).toBe(7);
      expect((await failure(labSsh('n9', []))).parts.fix).toBe('Name one of cp1, n1, n2');

      expect(await labStop('n1')).toBe(0);
      printed = '';
      await labStatus();
      expect(printed).toContain('n1   127.77.0.12      shutoff\n');
      expect((await failure(labSsh('n1', ['true']))).parts.why).toContain('not yet ready for SSH');
      await labStart('n1');
      expect(standIn.calls()).toContain('up n1 --provider libvirt');

      expect(await labDown({ destroy: false })).toBe(0);
      expect(existsSync(inLab('vagrant.json'))).toBe(true);
      expect(await labDown({ destroy: true })).toBe(0);
      expect(
        standIn
          .calls()
          .filter((c) => c !== 'status')
          .slice(-2),
      ).toEqual(['halt', 'destroy --force']);
      expect(existsSync(inLab())).toBe(false);
      expect(existsSync(inventoryDir())).toBe(false);
      expect(readdirSync(join(dir, 'mine')).sort()).toEqual(['group_vars', 'host_vars', 'hosts.ini']);
    });

    it('asks for a host key that was not seen yet, also beside a name that ends the same', async () => {
      await labUp({ ...options, inventory: [userInventory(names)] });
      const checking = async (): Promise<string | undefined> =>
        (await createVagrantLab().sshArgs('n1')).find((a) => a.startsWith('StrictHostKeyChecking='));
      expect(await checking()).toBe('StrictHostKeyChecking=yes');
      const known = readFileSync(inLab('known_hosts'), 'utf8');
      writeFileSync(inLab('known_hosts'), known.replaceAll(/^n1,/gm, 'run1,'));
      expect(await checking()).toBe('StrictHostKeyChecking=accept-new');
    });

    it('saves, lists, restores and deletes snapshots', async () => {
      await labUp({ ...options, inventory: [userInventory(names)] });
      printed = '';
      expect(await labSnapshot('list', undefined)).toBe(0);
      expect(printed).toBe('There are no snapshots.\n');
      expect(await labSnapshot('save', 'fresh')).toBe(0);
      expect((await failure(labSnapshot('save', 'fresh'))).parts.why).toContain('already exists');
      printed = '';
      await labSnapshot('list', undefined);
      expect(printed).toBe('fresh\n');
      await labSnapshot('restore', 'fresh');
      expect(standIn.calls().at(-1)).toBe('snapshot restore fresh --no-provision');
      expect((await failure(labSnapshot('restore', 'other'))).parts.why).toContain('was not found');
      await labSnapshot('delete', 'fresh');
      expect((await failure(labSnapshot('save', '-x'))).exitCode).toBe(2);
      expect((await failure(labSnapshot('save', undefined))).parts.what).toBe('The snapshot needs a name');
    });

    it('does not take another machine for ours because it has the address', async () => {
      // Another sshd answers on the address of the inventory, if port 22 is free there.
      const other = await new Sshd().start(['ListenAddress 127.77.0.11:22']);
      try {
        await labUp({ ...options, inventory: [userInventory(names)] });
        expect(printed).toContain('cp1: another machine answers on 127.77.0.11: using 127.0.0.1');
        expect(readFileSync(join(inventoryDir(), 'host_vars/cp1.yml'), 'utf8')).toContain('ansible_host: 127.0.0.1');
      } finally {
        await other.stop();
      }
    });

    it('goes by the address where that leads to the machine', async () => {
      const cp1 = machines.get('cp1');
      await cp1?.kill();
      await cp1?.start(['ListenAddress 127.77.0.11:22']);
      await labUp({ ...options, inventory: [userInventory(names)] });
      expect(printed).toContain('cp1: sshd answers on 127.77.0.11\n');
      expect(readFileSync(join(inventoryDir(), 'host_vars/cp1.yml'), 'utf8')).toContain(
        'ansible_host: 127.77.0.11\nansible_port: 22\n',
      );
    });

    it('says which machines do not answer', async () => {
      await machines.get('n2')?.kill();
      // Patience is counted in the clock's time, so it runs out at once.
      let now = Date.now();
      vi.spyOn(Date, 'now').mockImplementation(() => {
        now += 60_000;
        return now;
      });
      try {
        const error = await failure(labUp({ ...options, inventory: [userInventory(names)] }));
        expect(error.parts.what).toContain('1 of 3 machines do not answer over SSH: n2 (127.0.0.1, port ');
        expect(error.exitCode).toBe(3);
      } finally {
        await machines.get('n2')?.start();
      }
    });
  },
);

describe('lab up --provider vagrant says before any machine is made', () => {
  const nothingMade = () => {
    expect(standIn.calls().filter((c) => c.startsWith('up'))).toEqual([]);
    expect(existsSync(inLab('vagrant.json'))).toBe(false);
  };

  it('that Vagrant is missing', async () => {
    rmSync(join(standIn.bin, 'vagrant'));
    const error = await failure(labUp(options));
    expect(error.parts.what).toBe('Vagrant is not installed');
    expect(error.parts.fix).toContain('apt install vagrant');
    expect(error.exitCode).toBe(2);
    nothingMade();
  });

  it('that Vagrant does not run', async () => {
    standIn.tool('vagrant', '#!/bin/sh\necho "ruby: cannot load such file -- vagrant" >&2\nexit 1\n');
    expect((await failure(labUp(options))).parts).toMatchObject({
      what: 'Vagrant does not run',
      why: 'ruby: cannot load such file -- vagrant',
    });
  });

  it('that there is no hypervisor, with what is missing of each', async () => {
    rmSync(join(standIn.bin, 'virsh'));
    const error = await failure(labUp({ ...options, hypervisor: undefined }));
    expect(error.parts.what).toBe('No hypervisor was found that Vagrant can use');
    expect(error.parts.why).toContain('VirtualBox: VBoxManage is not on the PATH\nVMware: vmrun is not on the PATH\n');
    expect(error.parts.why).toContain('libvirt: virsh is not on the PATH');
    expect(error.exitCode).toBe(2);
    nothingMade();
  });

  it.each([
    [
      'libvirt',
      "Vagrant's plugin vagrant-libvirt is not installed",
      'vagrant plugin install vagrant-libvirt (Debian: apt install vagrant-libvirt)',
    ],
    ['virtualbox', 'VBoxManage is not on the PATH', 'Install VirtualBox (virtualbox.org), so that VBoxManage is on the PATH'],
    [
      'vmware_desktop',
      'vmrun is not on the PATH',
      'Install VMware Workstation or Fusion and the Vagrant VMware Utility, so that vmrun is on the PATH',
    ],
  ])('what %s misses', async (hypervisor, why, fix) => {
    standIn.scenario({ plugins: [] });
    const error = await failure(labUp({ ...options, hypervisor }));
    expect(error.parts).toMatchObject({ why, fix });
    expect(error.exitCode).toBe(2);
    nothingMade();
  });

  it('that libvirt refuses us, or VirtualBox has no kernel module', async () => {
    standIn.tool('virsh', '#!/bin/sh\necho "error: failed to connect to the hypervisor" >&2\nexit 1\n');
    expect((await failure(labUp(options))).parts.why).toContain('failed to connect to the hypervisor');
    standIn.tool('VBoxManage', '#!/bin/sh\necho "WARNING: The vboxdrv kernel module is not loaded." >&2\necho 7.0.20r163906\n');
    const error = await failure(labUp({ ...options, hypervisor: 'virtualbox' }));
    expect(error.parts.why).toContain('The vboxdrv kernel module is not loaded');
    expect(error.parts.fix).toContain('vboxconfig');
    nothingMade();
  });

  it('that VirtualBox forbids the subnet', async () => {
    standIn.tool('VBoxManage', '#!/bin/sh\necho 7.0.20r163906\n');
    const error = await failure(labUp({ ...options, hypervisor: 'virtualbox', subnet: '192.168.1.0/24' }));
    const parts = error instanceof InputErrors ? error.all : [error.parts];
    expect(parts[0]).toMatchObject({ what: 'VirtualBox does not allow machines on 192.168.1.0/24' });
    expect(parts[0]?.fix).toContain("echo '* 192.168.1.0/24' | sudo tee -a /etc/vbox/networks.conf");
    expect(error.exitCode).toBe(2);
    nothingMade();
  });

  it.each([
    ['a provider that Vagrant has, but a lab can’t use', { hypervisor: 'docker' }, /'docker' is not a provider/],
    ['a CentOS of old', { box: 'centos/7' }, /no longer supported/],
    ['a box that nobody has for the provider', { box: 'ubuntu2404', hypervisor: 'hyperv' }, /Hyper-V can't be used|No box/],
  ])('%s', async (_, more, what) => {
    expect((await failure(labUp({ ...options, ...more }))).parts.what).toMatch(what);
    nothingMade();
  });

  it('that an inventory of the user’s is in the way', async () => {
    mkdirSync(inventoryDir());
    writeFileSync(join(inventoryDir(), 'hosts.ini'), '[all]\nmine\n');
    expect((await failure(labUp(options))).parts.what).toContain('the lab did not write');
    nothingMade();
  });
});

describe('what the lab’s own inventory says', () => {
  it('is subnets without the machines, where those of the default hold them', () => {
    const machines = (subnet: string) => [{ address: `${subnet}.11` }, { address: `${subnet}.12` }];
    expect(labSettings({}, machines('192.168.56'))).toEqual({});
    expect(labSettings({ bundle: '/b' }, machines('10.233.64'))).toEqual({
      kube_pods_subnet: '10.234.0.0/16',
      kubewright_bundle: '/b',
    });
    expect(labSettings({}, machines('10.233.1'))).toEqual({ kube_service_addresses: '10.96.0.0/18' });
  });
});

describe.skipIf(missingForCli() !== undefined)('inventories with Ansible Vault (needs a build)', () => {
  it('are opened for lab up and for the Vagrantfile', async () => {
    const mine = userInventory(['cp1', 'n1']);
    copyFileSync(new URL('../../fixtures/vault/whole-1.1.yml', import.meta.url), join(dir, 'mine/group_vars/kube-node.yml'));
    const password = join(dir, 'password');
    writeFileSync(password, 'first-pass');
    const run = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Cli & { code: unknown }> => {
      const cli = new Cli(args, { cwd: dir, env });
      return Object.assign(cli, { code: await cli.ended });
    };
    const up = ['lab', 'up', '--provider', 'vagrant', '--vagrant-provider', 'nobodys', '-i', mine];
    expect((await run(up)).err).toContain('no password was given');
    expect((await run([...up, '--vault-password-file', password])).err).toContain("'nobodys' is not a provider");
    const list = ['lab', 'vagrant-machines', '-i', mine];
    expect((await run(list)).code).toBe(2);
    expect((await run([...list, '--vault-password-file', password])).code).toBe(0);
    expect((await run(list, { KUBEWRIGHT_VAULT_PASSWORD_FILE: password })).code).toBe(0);
    expect(existsSync(inLab())).toBe(false);
  }, 120_000);
});

describe('lab up --provider vagrant, when it goes wrong half-way', { timeout: 180_000 }, () => {
  it('says which machine failed, what is up and what to do', async () => {
    standIn.scenario({ plugins: ['vagrant-libvirt'], fails: 'm13-k8s' });
    const error = await failure(labUp({ ...options, subnet: '127.77.0.0/24' }).catch((e) => Promise.reject(e)));
    expect(error.exitCode).toBe(2); // loopback can't be a lab's subnet
    const second = await failure(labUp({ ...options, subnet: '203.0.113.0/24' }));
    expect(second.parts.what).toBe(
      'A machine did not come up: m13-k8s (last: waiting for machine to boot. This may take a few minutes)',
    );
    expect(second.parts.why).toContain('Timed out while waiting for the machine to boot');
    expect(second.parts.why).toContain(
      'Up: m11-k8s, m12-k8s\nNot started: w101-k8s, w102-k8s, w103-k8s, w104-k8s, w105-k8s, w106-k8s',
    );
    expect(second.parts.fix).toContain('vagrant up m13-k8s --debug');
    expect(second.exitCode).toBe(1);
    expect(existsSync(inventoryDir())).toBe(false);
    // What is there is remembered, and can be removed.
    printed = '';
    await labStatus();
    expect(printed).toContain('m12-k8s   203.0.113.12     running\n');
    expect(printed).toContain('m13-k8s   203.0.113.13     not created\n');
    await labDown({ destroy: true });
    expect(existsSync(inLab())).toBe(false);
  });

  it('hands Ctrl-C on once, and ends with 130', async () => {
    standIn.scenario({ plugins: ['vagrant-libvirt'], hangs: true });
    const up = failure(labUp(options));
    await vi.waitFor(() => expect(standIn.records().some((r) => r.hanging)).toBe(true), { timeout: 20_000, interval: 100 });
    process.emit('SIGINT');
    const error = await up;
    expect(error.exitCode).toBe(130);
    expect(error.parts).toMatchObject({ what: 'Interrupted: the lab is half up', why: 'No machine is up' });
    expect(error.parts.fix).toContain('kubewright lab down --destroy');
    expect(standIn.records().filter((r) => r.signal)).toHaveLength(1);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('does not change what a lab is', async () => {
    standIn.scenario({ plugins: ['vagrant-libvirt'], fails: 'm13-k8s' });
    await failure(labUp(options));
    expect((await failure(labUp({ ...options, subnet: '192.168.57.0/24' }))).parts.what).toContain("can't lose machines");
    expect((await failure(labUp({ ...options, inventoryDir: join(dir, 'other') }))).parts.what).toContain(
      "inventory's directory",
    );
    standIn.tool('VBoxManage', '#!/bin/sh\necho 7.0.20r163906\n');
    expect((await failure(labUp({ ...options, hypervisor: 'virtualbox' }))).parts.what).toContain("can't change its provider");
    expect((await failure(labUp({ ...options, provider: 'nspawn' }))).parts.what).toContain(
      'There is already a lab of Vagrant machines',
    );
  });
});
