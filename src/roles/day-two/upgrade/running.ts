import type { RunningUnit } from '../../../facts/living/living-facts.js';
import { type Shell, sh } from '../../../shell/shell.js';

/**
 * Succeeds when a unit's process runs this version, whatever the file on the disk is: a process that was started before its file was
 * replaced is asked through /proc.
 */
export function runs(unit: RunningUnit, version: string): Shell {
  return sh`
      pid=$(systemctl show -p MainPID ${`${unit}.service`})
      pid=\${pid#MainPID=}
      [ "\${pid:-0}" -gt 0 ]
      case " $("/proc/$pid/exe" --version | head -n 1 | tr -d v) " in *${` ${version} `}* | *${` ${version}~`}*) ;; *) exit 1 ;; esac`;
}
