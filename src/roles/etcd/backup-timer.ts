import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { directories, file } from '../../tasks/file.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { systemdUnit } from '../systemd-unit.js';
import { saveSnapshot, snapshotDirectory } from './save-snapshot.js';

export const BACKUP_UNIT = 'kubewright-etcd-backup';
const TIMER = `/etc/systemd/system/${BACKUP_UNIT}.timer`;
const SERVICE = `/etc/systemd/system/${BACKUP_UNIT}.service`;
const BIN = `${NODE_STATE}/bin`;
const SCRIPT = `${BIN}/etcd-backup`;
export const BACKUP_FILES = [TIMER, SERVICE, SCRIPT];

/**
 * Snapshots by systemd's timer, on every etcd host: the loss of one host costs none. The script is that of `etcd snapshot`.
 * Source: systemd.timer(5), systemd.time(7)
 */
export function backupTimer(ctx: RoleContext): Task[] {
  const schedule = ctx.host.settings.etcd_backup_schedule;
  if (schedule === undefined) return [noTimer()];
  return [
    directories({ id: 'etcd/backup-directory', title: "Make the directory of etcd's backup script", paths: [BIN] }),
    file({
      id: 'etcd/backup-script',
      title: 'Write the script that takes snapshots',
      path: SCRIPT,
      content: script(ctx),
      mode: '0700',
    }),
    file({ id: 'etcd/backup-service', title: 'Write the unit that takes snapshots', path: SERVICE, content: service() }),
    file({ id: 'etcd/backup-timer', title: 'Write the timer of snapshots', path: TIMER, content: timer(schedule) }),
    command({
      id: 'etcd/backup-start',
      title: 'Start the timer of snapshots',
      check: sh`
        systemctl is-enabled --quiet ${`${BACKUP_UNIT}.timer`}
        systemctl is-active --quiet ${`${BACKUP_UNIT}.timer`}
        [ "$(systemctl show -p NeedDaemonReload --value ${`${BACKUP_UNIT}.timer`})" = no ]`,
      apply: sh`
        systemd-analyze calendar ${schedule} >/dev/null
        systemctl daemon-reload
        systemctl enable --quiet ${`${BACKUP_UNIT}.timer`}
        systemctl restart ${`${BACKUP_UNIT}.timer`}`,
      reads: [SERVICE, TIMER],
      hint: 'etcd_backup_schedule takes what systemd calls a calendar event: daily, or *-*-* 03:00 (man systemd.time)',
    }),
  ];
}

/** Where the setting is gone. Snapshots stay. */
function noTimer(): Task {
  return command({
    id: 'etcd/no-backup-timer',
    title: 'Take no snapshots by a timer',
    check: sh`for f in ${BACKUP_FILES}; do [ ! -e "$f" ]; done`,
    apply: sh`
      systemctl disable --now --quiet ${`${BACKUP_UNIT}.timer`} || :
      rm -f ${BACKUP_FILES}
      systemctl daemon-reload`,
  });
}

function script(ctx: RoleContext): string {
  return `#!/bin/sh
# Written by Kubewright: etcd_backup_schedule.
set -eu
file=${snapshotDirectory(ctx.host)}/snapshot-$(date -u +%Y%m%dT%H%M%SZ).db
${saveSnapshot(ctx.host).text}
`;
}

function service(): string {
  return systemdUnit({
    Unit: { Description: 'Snapshot of etcd', After: 'etcd.service', Requisite: 'etcd.service' },
    Service: { Type: 'oneshot', ExecStart: SCRIPT, Nice: '10' },
  });
}

/** Hosts take turns by a random delay, and one that was off takes its snapshot when it is back. */
function timer(schedule: string): string {
  return systemdUnit({
    Unit: { Description: 'Snapshots of etcd' },
    Timer: { OnCalendar: schedule, RandomizedDelaySec: '10min', Persistent: 'true' },
    Install: { WantedBy: 'timers.target' },
  });
}
