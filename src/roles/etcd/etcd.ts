import { memberName } from '../../cluster/cluster.js';
import { type Shell, sh } from '../../shell/shell.js';
import { type Artifact, install } from '../../tasks/artifact.js';
import { waitFor } from '../../tasks/command.js';
import { directories, file } from '../../tasks/file.js';
import { restartNoBlock, service } from '../../tasks/service.js';
import type { Task } from '../../tasks/task.js';
import type { Role, RoleContext } from '../role.js';
import { systemdUnit } from '../systemd-unit.js';
import { backupTimer } from './backup-timer.js';
import { caKeyTasks } from './ca-key.js';
import { certTasks } from './etcd-certs.js';
import { etcdctl, etcdEndpoints } from './etcdctl.js';
import { bootstrap, join, peerUrl, promote, standing } from './join.js';
import { endedRestore } from './restore-places.js';

const UNIT = '/etc/systemd/system/etcd.service';
const ENV = '/etc/etcd.env';
const ETCD_TOKEN = 'k8s_etcd';

/**
 * Members as systemd units with TLS for peers and clients.
 * Source: https://etcd.io/docs/v3.5/op-guide/clustering/ and https://etcd.io/docs/v3.5/op-guide/security/
 */
export const etcd: Role = {
  name: 'etcd',
  tasks(ctx) {
    if (!ctx.host.etcd) return [];
    const s = ctx.host.settings;
    const dir = s.etcd_cert_dir;
    return [
      ...etcdBinaries(ctx),
      ...certTasks(ctx, ['member', 'admin']),
      ...caKeyTasks(ctx),
      directories({ id: 'etcd/data', title: "Make etcd's data directory", paths: [s.etcd_data_dir], mode: '0700' }),
      file({ id: 'etcd/env', title: 'Write the settings of etcd', path: ENV, content: environment(ctx), mode: '0600' }),
      file({ id: 'etcd/unit', title: 'Write the unit of etcd', path: UNIT, content: unit(s.bin_dir) }),
      ...join(ctx),
      service({
        id: 'etcd/service',
        title: 'Start the etcd member',
        unit: 'etcd.service',
        configFiles: [UNIT, ENV, `${dir}/ca.pem`, `${dir}/member-${ctx.host.name}.pem`],
        // Members wait for each other: none is ready before a majority has started.
        noBlock: true,
        restart: restartMember(ctx),
        // Each may have to wait for its turn.
        timeoutSec: 120 * ctx.cluster.etcd.length,
      }),
      ...promote(ctx),
      waitFor({
        id: 'etcd/healthy',
        title: 'Wait until the etcd member is healthy',
        until: sh`${etcdctl(ctx.host)} --endpoints https://127.0.0.1:2379 endpoint health 2>&1`,
        timeoutSec: 120,
        hint: 'Is a firewall between the etcd hosts (ports 2379, 2380)? `journalctl -u etcd` on the host says which members it waits for',
      }),
      ...endedRestore(ctx),
      ...backupTimer(ctx),
    ];
  },
};

/**
 * When a member stops, API servers move their watches to another one: gRPC tries again after about a second, then at growing
 * intervals. A client that reaches a member while it has no leader is rejected ("etcdserver: no leader"); an API server then ends
 * all watches of its own clients. So the next member, which may have to hand over the lead, gets its turn only when all watch
 * again.
 * Source: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
 */
const SETTLE_SEC = 5;

/**
 * Members of a cluster that has a quorum restart in turns: changed settings must not stop all of them at once. etcd itself gives
 * the turns, by a lock that survives the restart of one member. Members of a new cluster start at once.
 * Source: https://etcd.io/docs/v3.5/op-guide/runtime-configuration/ and etcdctl(1), lock
 */
export function restartMember(ctx: RoleContext): Shell {
  const atOnce = restartNoBlock('etcd.service');
  if (ctx.cluster.etcd.length < 3 || standing(ctx).length < 2) return atOnce;
  const ctl = etcdctl(ctx.host);
  const others = etcdEndpoints(standing(ctx).filter((m) => m !== ctx.host)).join(',');
  const inTurn = sh`
    # A member that did not come back from its turn ends it for all others: with the next one the quorum would go.
    n=0
    until out=$(${ctl} --endpoints ${others} endpoint health 2>&1); do
      n=$((n + 1))
      [ $n -lt 30 ] || { echo "not restarted, because another member is not healthy: $out" >&2; echo refused > "$1"; exit 1; }
      sleep 1
    done
    echo begun > "$1"
    # A leader that stops cuts its clients off before it hands over: they come to the others in the middle of an election.
    local=https://127.0.0.1:2379
    status=$(${ctl} --endpoints $local --write-out fields endpoint status || :)
    field() { echo "$status" | grep "$1" | cut -d: -f2; }
    if [ "$(field MemberID)" = "$(field Leader)" ]; then
      next=$(${ctl} --endpoints ${others} endpoint status | head -n 1 | cut -d, -f2)
      ${ctl} --endpoints $local move-leader $next || :
      sleep 1
    fi
    systemctl stop etcd.service
    systemctl start --no-block etcd.service
    n=0
    until ${ctl} --endpoints $local endpoint health >/dev/null 2>&1; do
      n=$((n + 1))
      [ $n -lt 60 ] || exit 1
      sleep 1
    done
    sleep ${SETTLE_SEC}
    echo done > "$1"`;
  return sh`(
        systemctl is-active --quiet etcd.service && ${ctl} --endpoints https://127.0.0.1:2379 endpoint health >/dev/null 2>&1 || {
          ${atOnce}
          exit
        }
        turn=$KW_DIR/turn.$KW_N n=0
        # Whoever waits for the lock loses it when the member that he asks is restarted: he asks again.
        until ${ctl} --endpoints ${others} lock --ttl 15 kubewright/restart -- sh -ec ${inTurn.text} turn "$turn"; do
          case $(cat "$turn" 2>/dev/null) in done) break ;; begun | refused) exit 1 ;; esac
          n=$((n + 1))
          [ $n -lt 30 ] || exit 1
          sleep 1
        done
      )`;
}

/** The programs of a member; one that runs keeps the ones that it was started with. */
export function etcdBinaries(ctx: RoleContext): Task[] {
  const artifact = ctx.artifacts.file('etcd');
  const dir = ctx.host.settings.bin_dir;
  return [
    install({ id: 'etcd/binaries', title: 'Install etcd', artifact, dir, files: ['etcd', 'etcdctl'] }),
    ...(hasEtcdutl(artifact.version) ? [etcdutl(artifact, dir)] : []),
  ];
}

/** It reads and restores snapshots. A task of its own: a host that was installed without it gets it, too. */
function etcdutl(artifact: Artifact, dir: string): Task {
  return install({ id: 'etcd/etcdutl', title: 'Install etcdutl', artifact, dir, files: ['etcdutl'] });
}

/** Archives of etcd hold etcdutl since 3.5. */
function hasEtcdutl(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 5);
}

function environment(ctx: RoleContext): string {
  const { host } = ctx;
  const { members, state } = bootstrap(ctx);
  const s = host.settings;
  const dir = s.etcd_cert_dir;
  const cert = `${dir}/member-${host.name}.pem`;
  const key = `${dir}/member-${host.name}-key.pem`;
  const values: Record<string, string | number> = {
    ETCD_NAME: memberName(host),
    ETCD_DATA_DIR: s.etcd_data_dir,
    ETCD_LISTEN_CLIENT_URLS: `https://${host.ip}:2379,https://127.0.0.1:2379`,
    ETCD_ADVERTISE_CLIENT_URLS: `https://${host.accessIp}:2379`,
    ETCD_LISTEN_PEER_URLS: `https://${host.ip}:2380`,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrl(host),
    ETCD_INITIAL_CLUSTER: members,
    ETCD_INITIAL_CLUSTER_STATE: state,
    ETCD_INITIAL_CLUSTER_TOKEN: ETCD_TOKEN,
    ETCD_AUTO_COMPACTION_RETENTION: 8,
    ETCD_QUOTA_BACKEND_BYTES: s.etcd_quota_backend_bytes,
    ETCD_HEARTBEAT_INTERVAL: s.etcd_heartbeat_interval,
    ETCD_ELECTION_TIMEOUT: s.etcd_election_timeout,
    ETCD_TRUSTED_CA_FILE: `${dir}/ca.pem`,
    ETCD_CERT_FILE: cert,
    ETCD_KEY_FILE: key,
    ETCD_CLIENT_CERT_AUTH: 'true',
    ETCD_PEER_TRUSTED_CA_FILE: `${dir}/ca.pem`,
    ETCD_PEER_CERT_FILE: cert,
    ETCD_PEER_KEY_FILE: key,
    ETCD_PEER_CLIENT_CERT_AUTH: 'true',
  };
  return Object.entries(values)
    .map(([k, v]) => `${k}=${v}\n`)
    .join('');
}

function unit(binDir: string): string {
  return systemdUnit({
    Unit: {
      Description: 'etcd',
      Documentation: 'https://etcd.io/docs/',
      After: 'network-online.target',
      Wants: 'network-online.target',
    },
    Service: {
      Type: 'notify',
      EnvironmentFile: ENV,
      ExecStart: `${binDir}/etcd`,
      Restart: 'always',
      RestartSec: '5',
      TimeoutStartSec: '0',
      LimitNOFILE: '40000',
    },
    Install: { WantedBy: 'multi-user.target' },
  });
}
