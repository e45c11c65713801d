import { stringify } from 'smol-toml';
import type { ClusterSettings } from '../../cluster/settings.js';
import { Secret } from '../../shell/secret.js';
import { type Shell, sh } from '../../shell/shell.js';
import { install } from '../../tasks/artifact.js';
import { directories, file } from '../../tasks/file.js';
import { service } from '../../tasks/service.js';
import type { Task } from '../../tasks/task.js';
import { inTurn, isLivingNode, restartNode } from '../node-turn.js';
import { proxyFile } from '../proxy.js';
import { isNode, type Role, type RoleContext } from '../role.js';
import { systemdUnit } from '../systemd-unit.js';
import { CNI, CNI_DIRECTORIES, cniPlugins } from './cni-plugins.js';
import { importImages } from './containerd-images.js';
import { crictl } from './crictl.js';
import { imagesFor, isLate } from './images.js';
import type { Runtime } from './runtime.js';

const SOCKET = '/run/containerd/containerd.sock';
const CONFIG = '/etc/containerd/config.toml';
const UNIT = '/etc/systemd/system/containerd.service';
const PROXY = '/etc/containerd/proxy.env';
const CERTS_D = '/etc/containerd/certs.d';

/** Source: https://github.com/containerd/containerd/blob/main/docs/getting-started.md (from the official binaries) */
const role: Role = {
  name: 'containerd',
  tasks(ctx) {
    if (!isNode(ctx.host) || ctx.host.settings.container_manager !== 'containerd') return [];
    const s = ctx.host.settings;
    const bin = s.bin_dir;
    return [
      directories({
        id: 'containerd/directories',
        title: 'Make the directories of containerd and CNI',
        paths: ['/etc/containerd', CERTS_D, ...CNI_DIRECTORIES],
      }),
      install({ id: 'containerd/runc', title: 'Install runc', artifact: ctx.artifacts.file('runc'), dir: bin, files: ['runc'] }),
      install({
        id: 'containerd/binaries',
        title: 'Install containerd',
        artifact: ctx.artifacts.file('containerd'),
        dir: bin,
        files: [],
      }),
      cniPlugins(ctx),
      ...crictl(ctx, SOCKET),
      // Read at each pull: nothing restarts for them.
      ...mirrors(s),
      ...inTurn(ctx, configured(ctx)),
      ...(isLate(ctx) ? [] : imageTasks(ctx)),
    ];
  },
};

function imageTasks(ctx: RoleContext): Task[] {
  const images = imagesFor(ctx);
  if (images.length === 0) return [];
  return [importImages({ id: 'containerd/images', title: 'Import container images', binDir: ctx.host.settings.bin_dir, images })];
}

/** Its configuration, and containerd started with it. Pods go on while it restarts. */
function configured(ctx: RoleContext): Task[] {
  const s = ctx.host.settings;
  const proxy = proxyFile(ctx.cluster, ctx.host);
  return [
    file({
      id: 'containerd/config',
      title: 'Write the configuration of containerd',
      path: CONFIG,
      content:
        s.containerd_registry_auth.length > 0 ? new Secret('containerd-config', containerdConfig(ctx)) : containerdConfig(ctx),
      mode: '0600',
    }),
    ...(proxy === undefined
      ? []
      : [file({ id: 'containerd/proxy', title: 'Name the proxies of containerd', path: PROXY, content: proxy, mode: '0600' })]),
    file({ id: 'containerd/unit', title: 'Write the unit of containerd', path: UNIT, content: unit(s, proxy !== undefined) }),
    service({
      id: 'containerd/service',
      title: 'Start containerd',
      unit: 'containerd.service',
      configFiles: [UNIT, CONFIG, ...(proxy === undefined ? [] : [PROXY])],
      ...(isLivingNode(ctx) ? { restart: restartNode(ctx, 'containerd.service', servesPods(s)), timeoutSec: 300 } : {}),
    }),
  ];
}

/** containerd starts without its interface for kubelets when it does not like that part of its configuration. */
function servesPods(s: ClusterSettings): Shell {
  return sh`
          ${`${s.bin_dir}/ctr`} plugins ls | awk '$1 == "io.containerd.grpc.v1" && $2 == "cri" {s = $NF} END {exit s != "ok"}' || {
            echo 'containerd has not loaded its interface for kubelets: ctr plugins ls says more'
            return 1
          }`;
}

export const containerd: Runtime = {
  name: 'containerd',
  unit: 'containerd.service',
  socket: SOCKET,
  modules: [{ name: 'overlay', filesystem: 'overlay' }],
  listCommand: 'ctr -n k8s.io containers ls',
  role,
  lateImages: (ctx) => (isLate(ctx) && ctx.host.settings.container_manager === 'containerd' ? imageTasks(ctx) : []),
};

/**
 * Version 2 of the file for containerd 1.x, version 3 for 2.x.
 * Source: https://github.com/containerd/containerd/blob/main/docs/cri/config.md
 */
function containerdConfig(ctx: RoleContext): string {
  const s = ctx.host.settings;
  const { pauseImage } = ctx.cluster.versions;
  const major = Number(ctx.artifacts.file('containerd').version.split('.')[0]);
  const runc = {
    runtime_type: 'io.containerd.runc.v2',
    options: { BinaryName: `${s.bin_dir}/runc`, SystemdCgroup: s.kubelet_cgroup_driver === 'systemd' },
  };
  const containerdSection = { snapshotter: 'overlayfs', default_runtime_name: 'runc', runtimes: { runc } };
  const cni = { bin_dir: CNI.bin, conf_dir: CNI.conf };
  const common = {
    root: '/var/lib/containerd',
    state: '/run/containerd',
    oom_score: s.containerd_restrict_oom_score_adj ? 0 : -999,
  };
  if (major >= 2) {
    return stringify({
      version: 3,
      ...common,
      plugins: {
        'io.containerd.cri.v1.images': {
          snapshotter: 'overlayfs',
          pinned_images: { sandbox: pauseImage },
          registry: registry(s),
        },
        'io.containerd.cri.v1.runtime': {
          restrict_oom_score_adj: s.containerd_restrict_oom_score_adj,
          containerd: { default_runtime_name: 'runc', runtimes: { runc } },
          cni: { bin_dirs: [cni.bin_dir], conf_dir: cni.conf_dir },
        },
      },
    });
  }
  return stringify({
    version: 2,
    ...common,
    plugins: {
      'io.containerd.grpc.v1.cri': {
        sandbox_image: pauseImage,
        restrict_oom_score_adj: s.containerd_restrict_oom_score_adj,
        containerd: containerdSection,
        cni,
        registry: registry(s),
      },
    },
  });
}

/**
 * Mirrors are in files of their own, which know no logins but fixed headers.
 * Source: https://github.com/containerd/containerd/blob/main/docs/cri/registry.md#configure-registry-credentials
 */
function registry({ containerd_registry_auth: logins }: ClusterSettings) {
  const configs = logins.map(({ registry: host, username, password }) => [
    host === 'docker.io' ? 'registry-1.docker.io' : host,
    { auth: { username, password } },
  ]);
  return { config_path: CERTS_D, ...(configs.length > 0 ? { configs: Object.fromEntries(configs) } : {}) };
}

/** Source: https://github.com/containerd/containerd/blob/main/docs/hosts.md */
function mirrors(s: ClusterSettings): Task[] {
  return s.containerd_registries_mirrors.flatMap((m) => {
    const dir = `${CERTS_D}/${m.prefix}`;
    const id = m.prefix.replaceAll(/[^A-Za-z0-9.-]/g, '-');
    const text = stringify({
      server: m.server ?? `https://${m.prefix === 'docker.io' ? 'registry-1.docker.io' : m.prefix}`,
      host: Object.fromEntries(
        m.mirrors.map((h) => [
          h.host,
          {
            capabilities: [...(h.capabilities ?? ['pull', 'resolve'])],
            skip_verify: h.skip_verify ?? false,
            ...(h.override_path === undefined ? {} : { override_path: h.override_path }),
            ...(h.ca === undefined ? {} : { ca: h.ca }),
            ...(h.client === undefined ? {} : { client: h.client }),
            ...(h.header === undefined ? {} : { header: h.header }),
          },
        ]),
      ),
    });
    // A header may log in to the mirror.
    const content = m.mirrors.some((h) => h.header !== undefined) ? new Secret(`mirror-${id}`, text) : text;
    return [
      directories({ id: `containerd/mirror-${id}`, title: `Make the directory of ${m.prefix}'s mirrors`, paths: [dir] }),
      file({ id: `containerd/mirror-${id}-hosts`, title: `Name the mirrors of ${m.prefix}`, path: `${dir}/hosts.toml`, content }),
    ];
  });
}

function unit(s: ClusterSettings, proxy: boolean): string {
  return systemdUnit({
    Unit: {
      Description: 'containerd container runtime',
      Documentation: 'https://containerd.io',
      After: 'network.target local-fs.target',
    },
    Service: {
      Environment: `PATH=${s.bin_dir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...(proxy ? { EnvironmentFile: PROXY } : {}),
      // A kernel that has overlay built in has no module to load: the leading minus lets that pass.
      ExecStartPre: '-/sbin/modprobe overlay',
      ExecStart: `${s.bin_dir}/containerd`,
      Type: 'notify',
      Delegate: 'yes',
      KillMode: 'process',
      Restart: 'always',
      RestartSec: '5',
      LimitNPROC: 'infinity',
      LimitCORE: 'infinity',
      LimitNOFILE: '1048576',
      TasksMax: 'infinity',
      ...(s.containerd_restrict_oom_score_adj ? {} : { OOMScoreAdjust: '-999' }),
    },
    Install: { WantedBy: 'multi-user.target' },
  });
}
