/** version → CPU (`amd64`, `arm64`, `noarch`) → sha256 in hexadecimal. */
export type Checksums = ReadonlyMap<string, Readonly<Record<string, string>>>;

const LINE = /^(\d+\.\d+\.\d+(?:[-+][\w.]+)?)((?: (?:amd64|arm64|noarch)=[0-9a-f]{64})+)(?:\s+#.*)?$/;

/**
 * Lines such as `1.36.4 amd64=10d0… arm64=6a84…  # source`; `#` begins a comment. Plain text, because YAML of this size takes
 * longer to read than the rest of the start.
 * @throws Error naming the line that is not of this form, and a version that is there twice.
 */
export function parseChecksums(text: string, name: string): Checksums {
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, version = '', sums = ''] = LINE.exec(line) ?? [];
    if (version === '' || found.has(version)) throw new Error(`checksums of ${name}, line ${i + 1}: ${line.slice(0, 40)}`);
    found.set(
      version,
      Object.fromEntries(
        sums
          .trim()
          .split(' ')
          .map((s) => s.split('=') as [string, string]),
      ),
    );
  }
  return found;
}

/** kubespray's settings of checksums, by the catalogue's name of the file. */
export const CHECKSUM_SETTINGS = {
  kubeadm: 'kubeadm_checksums',
  kubelet: 'kubelet_checksums',
  kubectl: 'kubectl_checksums',
  etcd: 'etcd_binary_checksums',
  containerd: 'containerd_archive_checksums',
  runc: 'runc_checksums',
  crictl: 'crictl_checksums',
  'cni-plugins': 'cni_binary_checksums',
  'calico-manifest': 'calico_crds_archive_checksums',
} as const;

export type ChecksumSetting = (typeof CHECKSUM_SETTINGS)[keyof typeof CHECKSUM_SETTINGS];

/** The inventory's checksums of a file, as kubespray writes them: CPU → version → sha256. */
export function ownChecksums(
  settings: Readonly<Partial<Record<ChecksumSetting, Readonly<Record<string, Readonly<Record<string, string>>>>>>>,
  name: string,
): Checksums {
  const setting = Object.hasOwn(CHECKSUM_SETTINGS, name) ? CHECKSUM_SETTINGS[name as keyof typeof CHECKSUM_SETTINGS] : undefined;
  const found = new Map<string, Record<string, string>>();
  for (const [arch, versions] of Object.entries((setting && settings[setting]) ?? {})) {
    for (const [version, sha256] of Object.entries(versions)) {
      const plain = version.replace(/^v/, '');
      found.set(plain, { ...found.get(plain), [arch === 'no_arch' ? 'noarch' : arch]: sha256 });
    }
  }
  return found;
}
