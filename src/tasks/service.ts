import { rawShell, type Shell, sh } from '../shell/shell.js';
import { NODE_STATE } from './paths.js';
import type { Task } from './task.js';

export interface ServiceOptions {
  readonly id: string;
  readonly title: string;
  /** systemd unit name with its suffix. */
  readonly unit: string;
  /** Files (globs allowed) that the service reads when it starts; the unit file itself belongs here. */
  readonly configFiles: readonly string[];
  /** Start without waiting for readiness: for members that wait for each other. Default false. */
  readonly noBlock?: boolean;
  /** How it is restarted, with `noBlock` or without; default: at once. */
  readonly restart?: Shell;
  readonly timeoutSec?: number;
  readonly hint?: string;
  /** See `Task.why`. */
  readonly why?: Shell;
}

/**
 * A unit that is enabled, running, and was started with the configuration that is on the disk now.
 *
 * The hash of the files is noted after a successful start; a later difference restarts the unit. Nothing is kept in memory, so a
 * crash between writing a file and the restart loses nothing, and check mode is right.
 */
export function service(o: ServiceOptions): Task {
  const stamp = `${NODE_STATE}/started/${o.unit}`;
  // Unquoted on purpose: globs. The paths are ours, without spaces.
  const restart = o.restart ?? (o.noBlock ? restartNoBlock(o.unit) : sh`systemctl restart ${o.unit}`);
  const hash = sh`cat -- ${o.configFiles.map((f) => globPath(f))} 2>/dev/null | sha256sum`;
  return {
    id: o.id,
    title: o.title,
    check: sh`
      systemctl is-enabled --quiet ${o.unit}
      case $(systemctl is-active ${o.unit}) in active${o.noBlock ? sh`|activating` : sh``}) ;; *) exit 1 ;; esac
      [ "$(cat ${stamp})" = "$(${hash})" ]`,
    apply: sh`
      systemctl daemon-reload
      systemctl enable --quiet ${o.unit}
      if ! ${restart}; then
        systemctl status --no-pager --lines=0 ${o.unit} || true
        journalctl --no-pager --quiet --lines=15 --output=cat --unit ${o.unit} || true
        exit 1
      fi
      ${o.noBlock ? sh`sleep 0.5` : sh`systemctl is-active --quiet ${o.unit}`}
      mkdir -p ${`${NODE_STATE}/started`}
      ${hash} > ${stamp}`,
    reads: o.configFiles,
    timeoutSec: o.timeoutSec ?? 120,
    hint: o.hint ?? `journalctl -u ${o.unit} on the host says why it does not start`,
    ...(o.why ? { why: o.why } : {}),
  };
}

/** Does not wait for readiness. `restart --no-block` may still be stopping when it is checked. */
export function restartNoBlock(unit: string): Shell {
  return sh`{ systemctl stop ${unit} && systemctl start --no-block ${unit}; }`;
}

function globPath(path: string): Shell {
  if (!/^[A-Za-z0-9/._*@-]+$/.test(path)) throw new TypeError(`not a plain path or glob: ${path}`);
  return rawShell(path);
}
