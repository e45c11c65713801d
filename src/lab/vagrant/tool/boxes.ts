import { InputError } from '../../../base/errors.js';
import type { Where } from '../../../base/place.js';

/** What Vagrant calls a provider: the program that runs the machines. */
export const HYPERVISORS = ['virtualbox', 'vmware_desktop', 'parallels', 'libvirt', 'hyperv'] as const;
export type Hypervisor = (typeof HYPERVISORS)[number];

/** A box, and its location if it is not in Vagrant's default registry. */
interface Box {
  readonly name: string;
  /** A .box file or a catalogue (.json): a URL or a path. */
  readonly url?: string;
}
export type Boxes = Readonly<Partial<Record<Hypervisor, Box>>>;

type Names = Readonly<Partial<Record<Hypervisor, string>>>;

/** One box for the three that bento builds for; it has arm64 builds too. */
const bento = (name: string): Names => ({ virtualbox: name, vmware_desktop: name, parallels: name });

/**
 * The boxes behind the short names, for hosts with x86_64. Missing providers have no known box.
 * Sources and findings: docs/vagrant.md.
 */
const X86_64: Readonly<Record<string, Names>> = {
  debian12: {
    ...bento('bento/debian-12'),
    virtualbox: 'debian/bookworm64',
    libvirt: 'debian/bookworm64',
    hyperv: 'generic/debian12',
  },
  debian13: { ...bento('bento/debian-13'), libvirt: 'cloud-image/debian-13' },
  ubuntu2204: {
    ...bento('bento/ubuntu-22.04'),
    virtualbox: 'ubuntu/jammy64',
    libvirt: 'cloud-image/ubuntu-22.04',
    hyperv: 'generic/ubuntu2204',
  },
  ubuntu2404: { ...bento('bento/ubuntu-24.04'), libvirt: 'cloud-image/ubuntu-24.04' },
  rocky9: {
    virtualbox: 'rockylinux/9',
    vmware_desktop: 'rockylinux/9',
    libvirt: 'rockylinux/9',
    parallels: 'bento/rockylinux-9',
    hyperv: 'generic/rocky9',
  },
  alma9: {
    virtualbox: 'almalinux/9',
    vmware_desktop: 'almalinux/9',
    libvirt: 'almalinux/9',
    parallels: 'bento/almalinux-9',
    hyperv: 'almalinux/9',
  },
};

/** Hosts with arm64: what bento builds for them. */
const ARM64: Readonly<Record<string, Names>> = {
  debian12: bento('bento/debian-12'),
  debian13: bento('bento/debian-13'),
  ubuntu2204: bento('bento/ubuntu-22.04'),
  ubuntu2404: bento('bento/ubuntu-24.04'),
  rocky9: bento('bento/rockylinux-9'),
  alma9: bento('bento/almalinux-9'),
};

export const BOX_NAMES = Object.keys(X86_64);
export const DEFAULT_BOX = 'debian12';

/** CentOS Linux 6, 7 and 8 and Stream 8, under any publisher's name: `centos/7`, `generic/centos8`, `bento/centos-stream-8`. */
const DEAD_CENTOS = /(^|\/)centos[-_/]?(linux[-_]?)?((stream[-_]?)?8|[567])(?![0-9])|^centos$/i;

/**
 * The box for each provider: a short name (debian12), a name of the registry (publisher/box), or a file or URL (.box, .json).
 *
 * @param arch the host's processor, as `process.arch` names it.
 * @param where file:line:column or the flag that named the box.
 * @throws InputError for an unknown short name, and for a CentOS whose support has ended.
 */
export function resolveBox(wanted: string, arch: string, where?: Where): Boxes {
  if (DEAD_CENTOS.test(wanted.replace(/\.(box|json)$/, ''))) {
    throw new InputError({
      what: `The box ${wanted} is a CentOS release that is no longer supported`,
      where,
      why: 'CentOS Linux 7 ended in June 2024, CentOS Linux 8 in December 2021, Stream 8 in May 2024: their package servers are gone',
      fix: 'Use alma9 or rocky9, its closest successors (KUBEWRIGHT_BOX, --box or the host variable vagrant_box)',
    });
  }
  if (/\.(box|json)$/i.test(wanted)) {
    const name = (wanted.split(/[/\\]/).at(-1) ?? wanted).replace(/\.(box|json)$/i, '');
    return forAll({ name, url: wanted });
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(wanted)) return forAll({ name: wanted });
  const names = (arch === 'arm64' ? ARM64 : X86_64)[wanted];
  if (!names) {
    throw new InputError({
      what: `There is no box '${wanted}'`,
      where,
      fix: `Name one of ${BOX_NAMES.join(', ')}, a box of the registry (publisher/name), or a .box file or URL`,
    });
  }
  return Object.fromEntries(Object.entries(names).map(([hypervisor, name]) => [hypervisor, { name }]));
}

function forAll(box: Box): Boxes {
  return Object.fromEntries(HYPERVISORS.map((h) => [h, box]));
}
