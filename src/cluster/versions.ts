import { catalogue, compareVersions, knownVersions } from './catalogue.js';
import type { ClusterSettings } from './settings.js';

/** API version of kubeadm's configuration. */
export type KubeadmApi = 'v1beta2' | 'v1beta3' | 'v1beta4';

/** Everything that depends on `kube_version`, for one cluster. */
export interface VersionFacts {
  readonly kubeadmApi: KubeadmApi;
  /** Registry of the control plane's images. */
  readonly imageRegistry: string;
  readonly pauseImage: string;
  /** Keys of the NoSchedule taints that control planes get. */
  readonly controlPlaneTaints: readonly string[];
  /** kubeadm's configuration wants the CRI socket as a URL (since 1.24), not as a path. */
  readonly criSocketIsUrl: boolean;
  /** KubeletConfiguration knows failCgroupV1 (since 1.31). */
  readonly hasFailCgroupV1: boolean;
  readonly busyboxImage: string;
  readonly nginxImage: string;
  readonly haproxyImage: string;
  /** Catalogue name → version of everything that is installed from the catalogue. */
  readonly components: Readonly<Record<string, string>>;
  readonly addons: Readonly<Record<string, AddonFacts>>;
}

/** An add-on of the catalogue, by the name that its image and its role have. */
interface AddonFacts {
  /** The setting that turns it on. */
  readonly setting: string;
  /** What its image is called in any registry, without a version: `metrics-server`. */
  readonly imageName: string;
  /** Full reference; absent: no version of it is known for this Kubernetes. */
  readonly image?: string;
}

interface MinorFacts {
  readonly pause: string;
  readonly etcd: string;
}

/**
 * Minors without official checksums here: they can only be installed from a bundle.
 * Source: cmd/kubeadm/app/constants/constants.go of each release branch.
 */
const OLD_MINORS: Readonly<Record<string, MinorFacts>> = {
  '1.20': { pause: '3.2', etcd: '3.4.13' },
  '1.21': { pause: '3.4.1', etcd: '3.4.13' },
  '1.22': { pause: '3.5', etcd: '3.5.0' },
  '1.23': { pause: '3.6', etcd: '3.5.1' },
  '1.24': { pause: '3.7', etcd: '3.5.3' },
  '1.25': { pause: '3.8', etcd: '3.5.4' },
  '1.26': { pause: '3.9', etcd: '3.5.6' },
  '1.27': { pause: '3.9', etcd: '3.5.7' },
};

const OLDEST_MINOR = 20;

/** Minors that Kubewright knows how to configure, oldest first: `1.20` … the newest of the catalogue. */
export function knownMinors(): string[] {
  return [...Object.keys(OLD_MINORS), ...Object.keys(catalogue().pairings.pause)].sort(compareVersions);
}

/** @throws RangeError for a minor outside of `knownMinors()`: validate before. */
export function versionFacts(s: ClusterSettings): VersionFacts {
  const minor = minorOf(s.kube_version);
  const name = `1.${minor}`;
  const { pairings, images, files, addons } = catalogue();
  const old = OLD_MINORS[name];
  const pause = old?.pause ?? pairings.pause[name];
  const etcd = old?.etcd ?? pairings.etcd[name];
  if (minor < OLDEST_MINOR || !pause || !etcd) throw new RangeError(`Kubernetes ${s.kube_version} is not known`);
  // Source: https://kubernetes.io/blog/2022/11/28/registry-k8s-io-faster-cheaper-ga/
  const imageRegistry = s.kube_image_repo ?? (minor <= 24 ? 'k8s.gcr.io' : 'registry.k8s.io');
  const dockerHub = (ref: string): string => ref.replace(/^docker\.io\//, `${s.docker_image_repo}/`);
  const mirrored = (ref: string): string => dockerHub(ref).replace(/^ghcr\.io\//, `${s.github_image_repo}/`);
  return {
    kubeadmApi: minor <= 21 ? 'v1beta2' : minor <= 30 ? 'v1beta3' : 'v1beta4',
    imageRegistry,
    pauseImage: `${imageRegistry}/pause:${pause}`,
    controlPlaneTaints: controlPlaneTaints(minor),
    criSocketIsUrl: minor >= 24,
    hasFailCgroupV1: minor >= 31,
    busyboxImage: dockerHub(images.busybox),
    nginxImage: dockerHub(images.nginx),
    haproxyImage: dockerHub(images.haproxy),
    components: Object.fromEntries(Object.keys(files).map((file) => [file, componentVersion(file, s, name, { etcd })])),
    addons: Object.fromEntries(
      Object.entries(addons).map(([addon, { setting, image, versions }]) => {
        const version = since(versions, name);
        const ref = image.replace(/^registry\.k8s\.io\//, `${imageRegistry}/`);
        const imageName = /([^/:]+):[^/]*$/.exec(image)?.[1] ?? addon;
        const known = version === undefined ? {} : { image: mirrored(ref).replace('{version}', version) };
        return [addon, { setting, imageName, ...known }];
      }),
    ),
  };
}

/** What the newest minor that is not newer than this one has. */
function since(byMinor: Readonly<Record<string, string>>, minor: string): string | undefined {
  const known = Object.keys(byMinor).filter((m) => compareVersions(m, minor) <= 0);
  return byMinor[known.toSorted(compareVersions).at(-1) ?? ''];
}

/**
 * The version of a file of the catalogue that a cluster gets.
 *
 * @param minor of Kubernetes: `1.34`.
 * @param paired versions that belong to that minor.
 */
function componentVersion(file: string, s: ClusterSettings, minor: string, paired: Readonly<Record<string, string>>): string {
  const entry = catalogue().files[file];
  const wanted = entry?.setting === undefined ? undefined : (s as Readonly<Record<string, unknown>>)[entry.setting];
  if (typeof wanted === 'string') return wanted;
  const follows =
    entry?.follows === 'pairings' ? paired[file] : entry?.follows === 'kubernetes' ? newestOf(file, minor) : undefined;
  return follows ?? entry?.default ?? '';
}

/** Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/kubeadm/2067-rename-master-label-taint */
function controlPlaneTaints(minor: number): readonly string[] {
  const master = 'node-role.kubernetes.io/master';
  const controlPlane = 'node-role.kubernetes.io/control-plane';
  return minor <= 23 ? [master] : minor === 24 ? [master, controlPlane] : [controlPlane];
}

function newestOf(file: string, minor: string): string | undefined {
  return knownVersions(file).find((v) => v.startsWith(`${minor}.`));
}

/** `1.34.2` → 34; NaN for anything else. */
export function minorOf(version: string): number {
  return Number(/^1\.(\d+)\.\d+/.exec(version)?.[1] ?? Number.NaN);
}
