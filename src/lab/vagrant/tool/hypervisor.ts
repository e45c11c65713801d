import { existsSync } from 'node:fs';
import { InputError } from '../../../base/errors.js';
import { tryExec } from '../../box/exec.js';
import { HYPERVISORS, type Hypervisor } from './boxes.js';
import { failureText, type Vagrant } from './cli.js';

interface Needs {
  readonly title: string;
  /** A command that fails, or warns, where the hypervisor can't run. */
  readonly tool: readonly string[];
  readonly plugin?: string;
  readonly install: string;
  /** Vagrant can run several of its machines at once. */
  readonly parallel: boolean;
}

export const NEEDS: Readonly<Record<Hypervisor, Needs>> = {
  virtualbox: {
    title: 'VirtualBox',
    tool: ['VBoxManage', '--version'],
    install: 'Install VirtualBox (virtualbox.org), so that VBoxManage is on the PATH',
    parallel: false,
  },
  vmware_desktop: {
    title: 'VMware',
    tool: ['vmrun'],
    plugin: 'vagrant-vmware-desktop',
    install: 'Install VMware Workstation or Fusion and the Vagrant VMware Utility, so that vmrun is on the PATH',
    parallel: true,
  },
  parallels: {
    title: 'Parallels',
    tool: ['prlctl', '--version'],
    plugin: 'vagrant-parallels',
    install: 'Install Parallels Desktop (Pro or Business), so that prlctl is on the PATH',
    parallel: true,
  },
  libvirt: {
    title: 'libvirt',
    tool: ['virsh', '--connect', 'qemu:///system', 'version'],
    plugin: 'vagrant-libvirt',
    install:
      'Install QEMU and libvirt (Debian: apt install qemu-system-x86 libvirt-daemon-system libvirt-clients), start libvirtd, and add yourself to the group libvirt',
    parallel: true,
  },
  hyperv: {
    title: 'Hyper-V',
    tool: ['powershell.exe', '-NoProfile', '-Command', 'Get-Command Get-VM'],
    install: 'Enable Hyper-V on Windows and run this as administrator',
    parallel: false,
  },
};

export interface Usable {
  readonly hypervisor: Hypervisor;
  /** The version that its tool printed. */
  readonly version?: string;
}

/** @throws InputError when Vagrant is missing or can't run. Returns its version. */
export async function requireVagrant(vagrant: Vagrant): Promise<string> {
  const result = await vagrant(['--version']);
  const version = /Vagrant (\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version !== undefined) return version;
  if (result.code === 127) {
    throw new InputError({
      what: 'Vagrant is not installed',
      why: '`vagrant` is not on the PATH',
      fix: 'Install it (Debian and Ubuntu: apt install vagrant; others: developer.hashicorp.com/vagrant/install).\nOn Linux as root, `kubewright lab up --provider nspawn` needs no Vagrant and no hypervisor',
    });
  }
  throw new InputError({
    what: 'Vagrant does not run',
    why: failureText(result) || `\`vagrant --version\` ended with exit code ${result.code}`,
    fix: 'Fix what it complains about, until `vagrant --version` prints a version',
  });
}

/**
 * The requested hypervisor, else the first usable one in the order of HYPERVISORS.
 *
 * @param wanted a provider's name as Vagrant knows it.
 * @throws InputError that says what is missing and how to get it.
 */
export async function chooseHypervisor(vagrant: Vagrant, wanted: string | undefined): Promise<Usable> {
  if (wanted !== undefined && !isHypervisor(wanted)) {
    throw new InputError({
      what: `'${wanted}' is not a provider that a lab can use`,
      fix: `Name one of ${HYPERVISORS.join(', ')} (--vagrant-provider, KUBEWRIGHT_PROVIDER or VAGRANT_DEFAULT_PROVIDER)`,
    });
  }
  const plugins = await installedPlugins(vagrant);
  if (wanted !== undefined) {
    const found = await check(wanted, plugins);
    if (found.missing === undefined) return { hypervisor: wanted, version: found.version };
    throw new InputError({ what: `${NEEDS[wanted].title} can't be used`, why: found.missing, fix: found.fix });
  }
  const missing: string[] = [];
  for (const hypervisor of HYPERVISORS) {
    const found = await check(hypervisor, plugins);
    if (found.missing === undefined) return { hypervisor, version: found.version };
    missing.push(`${NEEDS[hypervisor].title}: ${found.missing.split('\n')[0]}`);
  }
  throw new InputError({
    what: 'No hypervisor was found that Vagrant can use',
    why: missing.join('\n'),
    fix: `${NEEDS.virtualbox.install};\nor for libvirt: ${NEEDS.libvirt.install}, then vagrant plugin install vagrant-libvirt`,
  });
}

function isHypervisor(name: string): name is Hypervisor {
  return (HYPERVISORS as readonly string[]).includes(name);
}

async function installedPlugins(vagrant: Vagrant): Promise<Set<string>> {
  const result = await vagrant(['plugin', 'list', '--machine-readable']);
  return new Set(result.rows.filter((r) => r.type === 'plugin-name').map((r) => r.data[0] ?? ''));
}

interface Found {
  readonly missing?: string;
  readonly fix?: string;
  readonly version?: string;
}

async function check(hypervisor: Hypervisor, plugins: ReadonlySet<string>): Promise<Found> {
  const { tool, plugin, install } = NEEDS[hypervisor];
  if (hypervisor === 'parallels' && process.platform !== 'darwin' && !onPath('prlctl'))
    return { missing: 'It only runs on macOS', fix: 'Choose another provider' };
  const result = await tryExec(tool);
  if (result.code === 127) return { missing: `${tool[0]} is not on the PATH`, fix: install };
  // vmrun without arguments prints its help and fails; it is enough that it runs.
  if (result.code !== 0 && hypervisor !== 'vmware_desktop') {
    return { missing: `${tool.join(' ')} failed: ${firstLines(result.stderr || result.stdout)}`, fix: install };
  }
  // VBoxManage warns on either stream, and succeeds, when the kernel module is not loaded.
  const warning = /^WARNING: [\s\S]*/m.exec(`${result.stdout}\n${result.stderr}`)?.[0];
  if (warning !== undefined) {
    return {
      missing: firstLines(warning),
      fix: 'Load VirtualBox’s kernel module as it says (often: sudo /sbin/vboxconfig, or sudo modprobe vboxdrv)',
    };
  }
  if (plugin !== undefined && !plugins.has(plugin)) {
    return {
      missing: `Vagrant's plugin ${plugin} is not installed`,
      fix: `vagrant plugin install ${plugin}${hypervisor === 'libvirt' ? ' (Debian: apt install vagrant-libvirt)' : ''}`,
    };
  }
  return { version: result.stdout.trim().split('\n').at(-1) };
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
}

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 3).join('\n');
}
