import { compareVersions } from '../../cluster/catalogue.js';
import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { kubectl } from '../../tasks/manifest.js';
import type { Role } from '../role.js';

/** Clients watch again after 5 to 10 minutes (`minWatchTimeout` of client-go's reflector): until then they are deaf. */
const DEAF_SEC = 600;
/** How far apart the restarts of the members of one etcd may be. */
const TURNS_SEC = 300;

/**
 * When the members of etcd restart, API servers end all watches that went through them and start new ones. Those of Kubernetes
 * 1.20.0 to 1.20.9 and 1.21.0 to 1.21.3 then leave the connections of clients that watch Services open, and silent: kube-proxy
 * learns of no new Service. Restarting the API server makes its clients watch again at once.
 * Source: https://github.com/kubernetes/kubernetes/pull/102539, released with 1.20.10, 1.21.4 and 1.22.0
 */
export const apiWatches: Role = {
  name: 'api-watches',
  tasks(ctx) {
    const s = ctx.host.settings;
    if (!leavesWatchesSilent(s.kube_version) || !ctx.cluster.etcd.includes(ctx.host)) return [];
    return [
      command({
        id: 'api-watches/apiserver',
        title: 'Restart the API server when those who watch Services hear nothing since etcd was restarted',
        check: sh`
          log=$(ls -t /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log 2>/dev/null | head -n 1)
          ended=$([ -z "$log" ] || grep ${'cacher [*]core.Service$'} "$log" | tail -n 1 | cut -d ' ' -f 1)
          if [ -n "$ended" ]; then
            ended=$(( $(date +%s) - $(date -d "$ended" +%s) ))
            etcd=$(systemctl show -p ActiveEnterTimestampMonotonic etcd.service | cut -d = -f 2)
            apart=$(( ended - ( $(cut -d . -f 1 /proc/uptime) - etcd / 1000000 ) ))
            [ $ended -gt ${DEAF_SEC} ] || [ $apart -gt ${TURNS_SEC} ] || [ $apart -lt ${-TURNS_SEC} ]
          fi`,
        apply: sh`
          old=
          for p in /proc/[0-9]*; do
            [ "$(cat "$p/comm" 2>/dev/null)" != kube-apiserver ] || old="$old $p"
          done
          for p in $old; do kill "$(basename "$p")"; done
          n=0
          for p in $old; do
            while [ -d "$p" ]; do n=$((n + 1)); [ $n -lt 90 ] || { echo 'the API server does not end' >&2; exit 1; }; sleep 1; done
          done
          until out=$(${kubectl(s.bin_dir)} --server ${`https://127.0.0.1:${s.kube_apiserver_port}`} --request-timeout=5s get --raw /readyz 2>&1); do
            n=$((n + 1))
            [ $n -lt 180 ] || { printf '%s\n' "$out" >&2; exit 1; }
            sleep 1
          done`,
        timeoutSec: 400,
        hint: '`journalctl -u kubelet` on the host, and the logs under /var/log/pods/kube-system_kube-apiserver-*',
      }),
    ];
  },
};

/** Whether API servers of this version have the fault. */
export function leavesWatchesSilent(version: string): boolean {
  const within = (first: string, mended: string): boolean =>
    compareVersions(version, first) >= 0 && compareVersions(version, mended) < 0;
  return within('1.20.0', '1.20.10') || within('1.21.0', '1.21.4');
}
