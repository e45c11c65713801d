import type { Secret } from '../../shell/secret.js';
import { joinShell, rawShell, type Shell, sh } from '../../shell/shell.js';
import { HOST_FUNCTIONS } from './host-functions.js';

/** Locations on a host. */
export interface HostPaths {
  /** Default /run/kubewright: tmpfs, root only. */
  readonly runDir: string;
  readonly run: string;
  /** Number and name of the play, safe as a file name. */
  readonly key: string;
}

export function programDir(p: HostPaths): string {
  return `${p.runDir}/${p.run}/${p.key}`;
}

export interface Launch {
  readonly program: string;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** One line that another controller needs to follow the program. */
  readonly label: string;
}

/**
 * Writes program and secrets and starts the program detached, unless that has already happened, then follows its spool from
 * the first byte. It can be sent again after a connection was lost. It starts nothing unless the run holds the lock: the script
 * may arrive after its controller has died.
 *
 * The result contains secrets: send it over stdin only.
 */
export function launchScript(p: HostPaths, nonce: string, { program, secrets, label }: Launch): string {
  const dir = programDir(p);
  const end = `KW_END_${nonce}`;
  if (program.includes(end)) throw new TypeError('the program contains the marker of its end');
  // base64 keeps every byte, and printf is a builtin: no process list shows it.
  const put = [...secrets.values()].map(
    (s) => sh`printf %s ${Buffer.from(s.reveal()).toString('base64')} | base64 -d > ${`${dir}/secrets/${s.name}`} || exit 1`,
  );
  const setup = joinShell([
    rawShell(HOST_FUNCTIONS),
    sh`umask 077`,
    // The flock that also guards taking the lock: no other run takes it while this one checks and starts.
    sh`exec 9<${p.runDir} && flock 9 || exit 1`,
    sh`line=`,
    sh`IFS= read -r line 2>/dev/null <${`${p.runDir}/lock/info`} || :`,
    sh`if [ "$line" != ${`run=${p.run}`} ]; then printf '\\036%s spool 0\n\\036%s fenced\n' ${nonce} ${nonce}; return 0; fi`,
    sh`mkdir -p ${secrets.size > 0 ? `${dir}/secrets` : dir} || exit 1`,
    // bash keeps a long here-document in a file; keep that on tmpfs too.
    sh`TMPDIR=${dir}`,
    sh`if [ ! -e ${dir}/started ]; then`,
    ...put,
    rawShell(`cat >"$TMPDIR/program" <<'${end}'\n${program}${end}`),
    sh`printf '%s\n' ${label} > ${dir}/label || exit 1`,
    sh`printf '%s\n' ${guard(dir, nonce)} > ${dir}/guard || exit 1`,
    sh`: > ${dir}/spool && : > ${dir}/started || exit 1`,
    rawShell(DETACH),
    sh`kw_start_of $!`,
    sh`echo "$! $kw_st" > ${dir}/pid`,
    sh`fi`,
    sh`exec 9<&-`,
  ]);
  return inOneFunction([setup, follow(p, nonce, 0)]);
}

/** Prints the spool from byte `offset` until the program has ended and everything is printed. */
export function followScript(p: HostPaths, nonce: string, offset: number): string {
  return inOneFunction([rawShell(HOST_FUNCTIONS), follow(p, nonce, offset)]);
}

/** Asks the program to stop after the current task, or kills that task too. A program that is still to start finds it too. */
export function stopScript(p: HostPaths, how: 'stop' | 'kill'): string {
  return inOneFunction([sh`umask 077; mkdir -p ${programDir(p)} && : > ${`${programDir(p)}/${how}`}`]);
}

/** Tells a program that the file it waits for will not come. */
export function refuseScript(p: HostPaths, sha256: string, why: string): string {
  const file = `${programDir(p)}/no.${sha256}`;
  return inOneFunction([sh`printf '%s\n' ${why} > ${`${file}.new`} && mv ${`${file}.new`} ${file}`]);
}

/** Gives a program the turn that task `n` waits for; `refusal`: why it gets none. */
export function turnScript(p: HostPaths, n: number, refusal?: string): string {
  const file = `${programDir(p)}/${refusal === undefined ? 'your-turn' : 'no-turn'}.${n}`;
  return inOneFunction([sh`printf '%s\n' ${refusal ?? ''} > ${`${file}.new`} && mv ${`${file}.new`} ${file}`]);
}

/**
 * Detached: `setsid`, not a transient unit. Asking systemd costs more than a whole re-run, and not every host has it. Only
 * where logind kills the processes of a user who logs out does the program get its own scope; pid and session stay the same.
 * Every place of logind.conf(5) is read; a `no` after a `yes` only costs a superfluous scope.
 */
const DETACH = String.raw`
kw_scope=
while read -r kw_l; do
  case $kw_l in *.slice/session-*.scope) kw_scope=1 ;; esac
done <"$KW_ROOT/proc/self/cgroup"
if [ -n "$kw_scope" ]; then
  kw_scope=
  set --
  for kw_d in etc run usr/local/lib usr/lib; do
    set -- "$@" "$KW_ROOT/$kw_d/systemd/logind.conf" "$KW_ROOT/$kw_d/systemd/logind.conf.d"/*.conf
  done
  if grep -qsi '^ *KillUserProcesses *= *\(yes\|true\|1\|on\)' "$@"; then
    kw_scope='systemd-run --quiet --scope --collect'
  fi
fi
setsid $kw_scope $KW_SH "$TMPDIR/guard" </dev/null >>"$TMPDIR/spool" 2>&1 9<&- &
`
  .replaceAll('$KW_SH', '$' + '{KW_SH:-sh}')
  .replaceAll('$KW_ROOT', '$' + '{KW_ROOT:-}');

/** Stays beside the program: if that is killed or unreadable, its secrets are removed and the follower is notified at once. */
function guard(dir: string, nonce: string): string {
  return sh`
    $KW_SH ${dir}/program main
    [ ! -f ${dir}/rc ] || exit 0
    rm -rf ${dir}/secrets ${dir}/program
    printf '\\036%s died\n' ${nonce}
    echo 255 > ${dir}/rc`.text.replace('$KW_SH', '$' + '{KW_SH:-sh}');
}

/**
 * GNU tail waits for the file by inotify, without delay or polling, and ends with the program. Other tails poll once a second,
 * so there the shell polls itself, more often.
 */
function follow(p: HostPaths, nonce: string, offset: number): Shell {
  const dir = programDir(p);
  return sh`
    d=${dir} off=${offset} none=0 turn=0
    kw_boot_id
    printf '\\036%s spool %s %s\n' ${nonce} "$off" "$kw_boot"
    if [ ! -f "$d/spool" ]; then printf '\\036%s gone\n' ${nonce}; return 0; fi
    if [ -f "$d/rc" ] || ! kw_alive "$d"; then
      tail -c "+$((off + 1))" "$d/spool"
      [ -f "$d/rc" ] || printf '\\036%s died\n' ${nonce}
      return 0
    fi
    if tail --pid="$kw_p" -s 0.3 -c "+$((off + 1))" -f "$d/spool" 2>/dev/null; then
      # Followed again by whoever still wants to.
      if [ -f "$d/rc" ] || kw_alive "$d"; then return 0; fi
      printf '\\036%s died\n' ${nonce}
      return 0
    fi
    while :; do
      over=0
      [ ! -f "$d/rc" ] || over=1
      size=$(wc -c <"$d/spool") || return 1
      size=$((size))
      turn=$((turn + 1))
      if [ "$size" -gt "$off" ]; then
        tail -c "+$((off + 1))" "$d/spool" | head -c "$((size - off))" || return 1
        off=$size none=0
      elif [ $over = 1 ]; then
        return 0
      else
        if kw_alive "$d"; then none=0; else none=$((none + 1)); fi
        # Killed, or never begun.
        if [ $none -gt 10 ]; then printf '\\036%s died\n' ${nonce}; return 0; fi
        # Something has to be written now and then, or a dead channel is never noticed here.
        [ $((turn % 20)) -ne 0 ] || printf . >&2
        if [ $turn -lt 10 ]; then sleep 0.05; else sleep 0.2; fi 2>/dev/null || sleep 1
      fi
    done`;
}

/** A truncated script runs nothing. */
export function inOneFunction(pieces: readonly Shell[]): string {
  return `main() {\n${joinShell(pieces).text}\n}\nmain; exit $?\n`;
}
