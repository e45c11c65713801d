import { joinShell, type Shell, sh } from '../../shell/shell.js';
import { API_TEMPLATES } from './api-templates.js';
import { certificateProbe } from './certificates.js';

/** Where this host has what belongs to a cluster, as its settings say. */
export interface LivingPlaces {
  readonly binDir: string;
  readonly etcdDataDir: string;
  readonly etcdCertDir: string;
}

/** What is asked beyond files, each with programs that cost more than all files together. */
interface LivingScope {
  /** The host's own API server. */
  readonly api: boolean;
  /** The host's member of etcd, and whether the key of its CA fits. */
  readonly etcd: boolean;
  /** What runs, for its versions: the programs of the units, the control plane's pods. */
  readonly versions: boolean;
}

const EVERYTHING: LivingScope = { api: true, etcd: true, versions: true };

/** Where Kubewright notes on control planes what it applied last. */
export const APPLIED_FILE = '/var/lib/kubewright/cluster/applied.json';

/** What a control plane's manifests were written from: a hash. Absent: not by Kubewright. */
export const KUBEADM_SETTINGS = '/var/lib/kubewright/kubeadm/settings';

/** Where `etcd restore` keeps the manifests of the control plane until etcd has the restored data. */
export const RESTORE_ASIDE = '/etc/kubernetes/kubewright-restore';

/**
 * Lines of the probe about a cluster that is on the host; a host without one only tests for a few files. Uses `say` of the probe.
 *
 * What waits for etcd and for the API server runs beside the rest, and is printed after it. Nothing here waits long for a component that
 * hangs, etcd gets a moment when it has just been started, and no program of a container is started: a version is asked of the program of
 * a unit's main process, which is still there when its file has been replaced.
 */
export function livingProbe({ binDir, etcdDataDir, etcdCertDir }: LivingPlaces, scope = EVERYTHING): Shell {
  return joinShell([
    sh`
      living() {
        say living yes
        PATH=$PATH:${binDir}
        etcd_facts | { ${scope.api ? sh`api_facts` : sh`:`} </dev/null | { host_facts </dev/null; cat; }; cat; }
      }
      host_facts() {
        kubelet_config
        for u in ${scope.versions ? ['kubelet', 'containerd', 'etcd'] : ['kubelet']}; do
          pid=$kubelet_pid
          [ $u = kubelet ] || pid=$(systemctl show -p MainPID "$u.service" 2>/dev/null)
          pid=\${pid#MainPID=}
          case $pid in '' | 0 | *[!0-9]*) continue ;; esac
          exe=$(readlink "/proc/$pid/exe")
          case $exe in *' (deleted)') say replaced "$u" ;; esac
          ${scope.versions ? sh`say running "$u $(brief "/proc/$pid/exe" --version | head -n 1)"` : sh``}
          [ $u = kubelet ] || continue
          say kubelet-program "\${exe% (deleted)}"
          kubelet_fields "$config"
        done
        for f in /etc/kubernetes/manifests/*.y*ml; do
          [ -f "$f" ] || continue
          n=\${f##*/} n=\${n%.*}
          case $n in kube-apiserver | kube-controller-manager | kube-scheduler | etcd) ;; *) say other-pod "$n"; continue ;; esac
          sed -n "s/^ *image: *['\\"]\\{0,1\\}\\([^'\\" ]*\\).*/static	$n image \\1/p
                  s/^ *- *['\\"]\\{0,1\\}\\(--[^'\\"]*\\).*/static	$n arg \\1/p" "$f"
          file=$(sed -n 's/^ *- *--config=//p' "$f")
          [ ! -s "$file" ] || say static "$n config $(base64 < "$file" | tr -d '\n')"
        done
        for f in /etc/cni/net.d/*.conf*; do [ ! -f "$f" ] || say cni "\${f##*/}"; done
        [ ! -s ${KUBEADM_SETTINGS} ] || say ours yes
        [ ! -d ${RESTORE_ASIDE} ] || say restoring yes
        [ ! -s ${APPLIED_FILE} ] || say applied "$(tr -d '\n' < ${APPLIED_FILE})"
        certificates
      }
      ${kubeletConfigProbe()}
      ${kubeletProbe()}
      brief() { timeout -k 1 6 "$@" 2>/dev/null; }`,
    certificateProbe(etcdCertDir),
    etcd(etcdDataDir, etcdCertDir, scope.etcd),
    ...(scope.api ? [api(scope.versions)] : []),
    sh`
      if [ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/manifests ] || [ -e /etc/etcd.env ] || [ -e ${`${etcdDataDir}/member`} ] || [ -e ${`${etcdCertDir}/ca.pem`} ]; then
        living
      fi`,
  ]);
}

/**
 * `kubelet_config` sets `config`: the file that the kubelet runs with, wherever another tool has it; where none runs, the one of kubeadm. Sets
 * `kubelet_pid` too; 0: none runs.
 */
export function kubeletConfigProbe(): Shell {
  return sh`
    kubelet_config() {
      kubelet_pid=$(systemctl show -p MainPID kubelet.service 2>/dev/null) || :
      kubelet_pid=\${kubelet_pid#MainPID=}
      config=$(tr '\\0' '\n' < "/proc/$kubelet_pid/cmdline" 2>/dev/null | awk '/^--config=/ {print substr($0, 10)} next_one {print} {next_one = $0 == "--config"}' | tail -n 1)
      [ -s "$config" ] || config=/var/lib/kubelet/config.yaml
    }`;
}

/** `kubelet_fields FILE` prints the fields of a KubeletConfiguration that are settings of ours. */
export function kubeletProbe(): Shell {
  return sh`
    kubelet_fields() {
      [ ! -r "$1" ] || sed -n 's/^\\(cgroupDriver\\|maxPods\\|failSwapOn\\|failCgroupV1\\): *"\\{0,1\\}\\([^" ]*\\)"\\{0,1\\} *$/kubelet-field\t\\1 \\2/p' "$1"
    }`;
}

/** How long a member that has just been started may take until it knows of a leader. */
const SETTLE_SECONDS = 25;

/**
 * `etcd_authority FILE` sets `authority`: the CA that the member of this host trusts, as its settings in FILE say, whatever directory the inventory
 * names; without them the one of that directory.
 */
export function etcdAuthorityProbe(certDir: string): Shell {
  return sh`
    etcd_authority() {
      authority=$(sed -n 's/["'"'"']//g; s/^ETCD_TRUSTED_CA_FILE=//p' "$1" 2>/dev/null)
      [ -s "$authority" ] || authority=${`${certDir}/ca.pem`}
    }`;
}

/** The members are asked with the certificates that are there: Kubewright's or kubespray's, else those of kubeadm's stacked etcd. */
function etcd(dataDir: string, certDir: string, answers: boolean): Shell {
  return sh`
    ${etcdAuthorityProbe(certDir)}
    etcd_facts() {
      own=''
      if [ -r /etc/etcd.env ]; then
        sed -n 's/["'"'"']//g; /^ETCD_[A-Z0-9_]*=/s/^/etcd-env\t/p' /etc/etcd.env
        own=$(sed -n 's/["'"'"']//g; s/^ETCD_DATA_DIR=//p' /etc/etcd.env)
      fi
      for d in ${dataDir} "\${own:-/var/lib/etcd}" /var/lib/etcd; do [ ! -d "$d/member" ] || say etcd-data "$d"; done
      third=$(sed -n 's/^ *- *--etcd-cafile=//p' /etc/kubernetes/manifests/kube-apiserver.yaml 2>/dev/null)
      etcd_authority /etc/etcd.env
      for f in "$authority" /etc/kubernetes/pki/etcd/ca.crt "$third"; do
        [ ! -s "$f" ] || read_certificates "$f" | sed 's/^cert/etcd-ca/'
      done
      ${answers ? sh`member_facts` : sh``}
    }
    member_facts() {
      for k in "\${authority%.*}-key.pem" /etc/kubernetes/pki/etcd/ca.key; do
        case $k in *.pem) c=$authority ;; *) c=/etc/kubernetes/pki/etcd/ca.crt ;; esac
        [ -s "$k" ] && [ -s "$c" ] || continue
        say etcd-ca-key "$c $(openssl pkey -pubout -outform DER -in "$k" 2>/dev/null | base64 | tr -d '\n')"
      done
      command -v etcdctl >/dev/null 2>&1 || return 0
      set -- /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/etcd/healthcheck-client.crt /etc/kubernetes/pki/etcd/healthcheck-client.key
      for f in "\${authority%/*}"/admin-*.pem; do
        case $f in *-key.pem | *'*'*) ;; *) set -- "$authority" "$f" "\${f%.pem}-key.pem" ;; esac
      done
      [ -s "$3" ] || return 0
      ctl() { brief etcdctl --cacert "$ca" --cert "$cert" --key "$key" --endpoints https://127.0.0.1:2379 --command-timeout=4s "$@"; }
      ca=$1 cert=$2 key=$3
      end=$(($(date +%s) + ${SETTLE_SECONDS}))
      until settled || ! young || [ "$(date +%s)" -ge $end ]; do sleep 1; done
      [ -z "$status" ] || printf '%s\n' "$status" | sed 's/^/etcd-status\t/'
      [ -z "$members" ] || printf '%s\n' "$members" | sed 's/^/etcd-member\t/'
    }
    # A member lists the others when there is a leader.
    settled() {
      members=''
      status=$(ctl endpoint status -w fields) && members=$(ctl member list -w simple) || return 1
      case $status in *'"Leader" : 0'*) return 1 ;; esac
    }
    # The machine has booted, or etcd has been started, a moment ago: it will answer soon.
    young() {
      now=$(sed 's/[.].*//' /proc/uptime)
      booted=$(systemctl show -p UserspaceTimestampMonotonic 2>/dev/null)
      began=$(systemctl show -p ExecMainStartTimestampMonotonic etcd.service 2>/dev/null)
      for t in "\${booted#*=}" "\${began#*=}"; do
        case $t in '' | 0 | *[!0-9]*) ;; *) [ $((now - t / 1000000)) -ge 60 ] || return 0 ;; esac
      done
      return 1
    }`;
}

/** `cluster_configuration FILE`: kubeadm's ClusterConfiguration without the documents beside it, of which kubespray's holds a key. */
export function clusterConfigurationProbe(): Shell {
  return sh`
    cluster_configuration() {
      awk '/^---/ {if (hit) exit; t = ""; next} {t = t $0 "\\n"} /^kind: ClusterConfiguration/ {hit = 1} END {if (hit) printf "%s", t}' "$1" 2>/dev/null
    }`;
}

/** Only what the host's own API server says. Uses `say` of the probe. */
export function apiProbe(binDir: string): Shell {
  return joinShell([api(false), sh`PATH=$PATH:${binDir}; api_facts </dev/null`]);
}

/** `serving<TAB>VERSION` where the host's own API server is ready, as it tells anyone where nothing forbids it. Uses `say` of the probe. */
export function servingProbe(): Shell {
  return joinShell([ownServer(), sh`if own_server && serving_version; then say serving "$version"; fi`]);
}

/**
 * `own_server` sets `address` and `port`, where the manifest has them; it fails without a manifest. `serving_version` sets `version` where the
 * API server is ready and tells it to anyone, as it does by default, at a tenth of the cost of kubectl; it fails otherwise.
 */
function ownServer(): Shell {
  return sh`
    manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
    own_server() {
      [ -s $manifest ] || return 1
      port=$(sed -n 's/^ *- *--secure-port=//p' $manifest)
      address=$(sed -n 's/^ *- *--advertise-address=//p' $manifest)
    }
    serving_version() {
      url=https://\${address:-127.0.0.1}:\${port:-6443}
      version=$(curl -sk --noproxy '*' --max-time 5 "$url/version" "$url/readyz" 2>/dev/null) || return 1
      case $version in *'}ok') ;; *) return 1 ;; esac
      version=$(printf '%s\n' "$version" | git_version)
      [ -n "$version" ]
    }
    git_version() { sed -n 's/.*"gitVersion": *"v\\([^"]*\\)".*/\\1/p'; }`;
}

/** Asks the host's own API server, wherever its kubeconfig points. */
function api(versions: boolean): Shell {
  return sh`
    ${clusterConfigurationProbe()}
    ${ownServer()}
    api_facts() {
      conf=/etc/kubernetes/admin.conf
      [ -s $conf ] && own_server || return 0
      say api asked
      doc=$(cluster_configuration /etc/kubernetes/kubeadm-config.yaml | base64 | tr -d '\n')
      [ -z "$doc" ] || say kubeadm-file "$doc"
      kube() { timeout -k 1 6 kubectl --kubeconfig $conf \${address:+--server="https://$address:\${port:-6443}"} --request-timeout=5s "$@" 2>&1; }
      ready=''
      if serving_version; then
        ready=yes
      elif version=$(kube get --raw /version); then
        version=$(printf '%s\n' "$version" | git_version)
      else
        say api-error "$(printf '%s\n' "$version" | tail -n 1)"
        return 0
      fi
      say api-version "$version"
      list() { kube -n kube-system get "$@" </dev/null | sed -n 's/^kw-//p'; }
      objects | {
        ${versions ? sh`list pods -l tier=control-plane -o ${`go-template=${API_TEMPLATES.pods}`}` : sh``}
        [ -z "$ready" ] && [ "$(kube get --raw /readyz </dev/null)" != ok ] || say api-ready yes
        cat
      }
    }
    # One request more is cheaper than a start of kubectl. Of a kind that the cluster lacks it says so, and nothing else.
    objects() {
      kinds=nodes,daemonsets,deployments,configmaps,services pools='' found=''
      for f in /etc/cni/net.d/*calico*; do
        [ ! -e "$f" ] || pools=ippools.crd.projectcalico.org
        break
      done
      [ -z "$pools" ] || found=$(objects_of $kinds,$pools)
      [ -z "$found" ] || { printf '%s\n' "$found"; return 0; }
      objects_of $kinds
      [ -z "$pools" ] || objects_of $pools
    }
    objects_of() { list "$1" -o ${`go-template=${API_TEMPLATES.objects}`}; }`;
}
