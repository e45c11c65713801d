import { byName } from '../../../cluster/cluster.js';
import { rawShell, type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { directories, file } from '../../../tasks/file.js';
import { kubectl } from '../../../tasks/manifest.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import type { RoleContext } from '../../role.js';
import { systemdUnit } from '../../systemd-unit.js';
import { COMPONENTS_ANSWER, FORGET_BACK_OFF } from './components.js';

export const CERTS_UNIT = 'kubewright-certs-renew';
const TIMER = `/etc/systemd/system/${CERTS_UNIT}.timer`;
const SERVICE = `/etc/systemd/system/${CERTS_UNIT}.service`;
const BIN = `${NODE_STATE}/bin`;
const SCRIPT = `${BIN}/certs-renew`;
export const CERTS_TIMER_FILES = [TIMER, SERVICE, SCRIPT];

/** Certificates with more days left are left alone. More than the month between two turns, so that a turn may be missed. */
const RENEW_DAYS = 60;
/** Where tasks that run have their process IDs. */
const RUNS = '/run/kubewright';
/** Between the turns of two control planes. */
const TURN_SECONDS = 600;

/**
 * Renews kubeadm's certificates by systemd's timer, on one control plane after the other.
 * Source: https://github.com/kubernetes-sigs/kubespray/blob/master/roles/kubernetes/control-plane/templates/k8s-certs-renew.sh.j2
 */
export function certsTimer(ctx: RoleContext): Task[] {
  const { auto_renew_certificates: wanted, auto_renew_certificates_systemd_calendar: calendar } = ctx.cluster.settings;
  if (!wanted) return [noTimer()];
  return [
    directories({
      id: 'control-plane/certs-directory',
      title: 'Make the directory of the script that renews certificates',
      paths: [BIN],
    }),
    file({
      id: 'control-plane/certs-script',
      title: 'Write the script that renews certificates',
      path: SCRIPT,
      content: script(ctx),
      mode: '0700',
    }),
    file({
      id: 'control-plane/certs-service',
      title: 'Write the unit that renews certificates',
      path: SERVICE,
      content: systemdUnit({
        Unit: { Description: "Renewal of kubeadm's certificates", After: 'kubelet.service' },
        Service: { Type: 'oneshot', ExecStartPre: `/bin/sleep ${turn(ctx) * TURN_SECONDS}`, ExecStart: SCRIPT },
      }),
    }),
    file({
      id: 'control-plane/certs-timer',
      title: 'Write the timer that renews certificates',
      path: TIMER,
      content: systemdUnit({
        Unit: { Description: "Renewal of kubeadm's certificates" },
        Timer: { OnCalendar: calendar, Persistent: 'true' },
        Install: { WantedBy: 'timers.target' },
      }),
    }),
    command({
      id: 'control-plane/certs-start',
      title: 'Start the timer that renews certificates',
      check: sh`
        systemctl is-enabled --quiet ${`${CERTS_UNIT}.timer`}
        systemctl is-active --quiet ${`${CERTS_UNIT}.timer`}
        [ "$(systemctl show -p NeedDaemonReload --value ${`${CERTS_UNIT}.timer`})" = no ]`,
      apply: sh`
        systemd-analyze calendar ${calendar} >/dev/null
        systemctl daemon-reload
        systemctl enable --quiet ${`${CERTS_UNIT}.timer`}
        systemctl restart ${`${CERTS_UNIT}.timer`}`,
      reads: [SERVICE, TIMER],
      hint: 'auto_renew_certificates_systemd_calendar takes what systemd calls a calendar event: monthly, or Mon 03:00 (man systemd.time)',
    }),
  ];
}

function noTimer(): Task {
  return command({
    id: 'control-plane/no-certs-timer',
    title: 'Renew no certificates by a timer',
    check: sh`for f in ${CERTS_TIMER_FILES}; do [ ! -e "$f" ]; done`,
    apply: sh`
      systemctl disable --now --quiet ${`${CERTS_UNIT}.timer`} || :
      rm -f ${CERTS_TIMER_FILES}
      systemctl daemon-reload`,
  });
}

/** A new order in the inventory changes no turn. */
function turn({ cluster, host }: RoleContext): number {
  return Math.max(
    0,
    byName(cluster.controlPlane).findIndex((h) => h.name === host.name),
  );
}

/** API servers read their files at the next handshake, so they are not restarted. */
function script(ctx: RoleContext): string {
  return `#!/bin/sh
# Written by Kubewright: auto_renew_certificates.
set -eu
${renewal(ctx).text}
`;
}

function renewal({ host }: RoleContext): Shell {
  const bin = host.settings.bin_dir;
  const pki = '/etc/kubernetes/pki';
  const begun = `${NODE_STATE}/certs-renewing`;
  const ready = sh`[ "$(${kubectl(bin)} --request-timeout=5s get --raw /readyz 2>/dev/null)" = ok ]`;
  return sh`
    ends=no
    soon() { if ! openssl x509 -checkend ${RENEW_DAYS * 86400} -noout >/dev/null 2>&1; then ends=yes; fi; }
    for f in apiserver apiserver-kubelet-client front-proxy-client; do soon < ${pki}/"$f.crt"; done
    for f in admin controller-manager scheduler super-admin; do
      [ -s /etc/kubernetes/"$f.conf" ] || continue
      sed -n 's/^ *client-certificate-data: *//p' /etc/kubernetes/"$f.conf" | base64 -d > /run/kubewright-cert.pem
      soon < /run/kubewright-cert.pem
      rm -f /run/kubewright-cert.pem
    done
    # A renewal that was cut off is ended: components may still hold the old ones.
    if [ $ends = no ] && [ ! -e ${begun} ]; then
      echo ${`No certificate ends within ${RENEW_DAYS} days`}
      exit 0
    fi
    # A run of Kubewright may be about to restart the same.
    busy() {
      for p in ${rawShell(`${RUNS}/*/*/pid`)}; do
        [ -e "$p" ] && [ ! -e "\${p%pid}rc" ] || continue
        read -r pid rest < "$p"
        if kill -0 "$pid" 2>/dev/null; then return 0; fi
      done
      return 1
    }
    n=0
    while busy; do
      n=$((n + 1))
      if [ $n -ge 120 ]; then
        echo 'A run of Kubewright goes on for hours: nothing is renewed' >&2
        exit 1
      fi
      sleep 60
    done
    if ! ${ready}; then
      echo 'The API server of this host is not ready: nothing is renewed' >&2
      exit 1
    fi
    copy=no
    if cmp -s /etc/kubernetes/admin.conf /root/.kube/config; then copy=yes; fi
    touch ${begun}
    [ $ends = no ] || ${`${bin}/kubeadm`} certs renew all
    ids=$(${`${bin}/crictl`} ps -q --name '^kube-(controller-manager|scheduler)$')
    [ -z "$ids" ] || ${`${bin}/crictl`} stop -t 15 $ids
    ${COMPONENTS_ANSWER}
    ${FORGET_BACK_OFF}
    n=0
    until components_answer && ${ready}; do
      n=$((n + 1))
      if [ $n -ge 60 ]; then
        echo 'The controller manager, the scheduler or the API server does not come back' >&2
        exit 1
      fi
      sleep 3
    done
    [ $copy = no ] || install -m 0600 -o root -g root /etc/kubernetes/admin.conf /root/.kube/config
    touch ${`${NODE_STATE}/certs-restarted`}
    rm -f ${begun}
    echo 'Certificates renewed'`;
}
