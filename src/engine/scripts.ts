import type { Secret } from '../shell/secret.js';
import { joinShell, rawShell, type Shell, sh } from '../shell/shell.js';

/** Where things lie on a host; `dir` is one program's folder. */
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

/**
 * Writes program and secrets and starts the program detached, unless that has happened already, then follows its spool from
 * the first byte. Sending it again after a connection was lost does no harm.
 *
 * The result holds secrets: it goes over stdin, and nowhere else.
 */
export function launchScript(p: HostPaths, nonce: string, program: string, secrets: ReadonlyMap<string, Secret>): string {
  const dir = programDir(p);
  const end = `KW_END_${nonce}`;
  if (program.includes(end)) throw new TypeError('the program holds the nonce in a place where it must not be');
  // base64 keeps every byte, and printf is built in: no process list shows it.
  const put = [...secrets.values()].map(
    (s) => sh`printf %s ${Buffer.from(s.reveal()).toString('base64')} | base64 -d > ${`${dir}/secrets/${s.name}`} || exit 1`,
  );
  const setup = joinShell([
    sh`umask 077`,
    sh`mkdir -p ${dir}/secrets || exit 1`,
    // bash keeps a long here-document in a file; let that be here as well.
    sh`TMPDIR=${dir}`,
    sh`if [ ! -d ${dir}/started ]; then`,
    ...put,
    rawShell(`cat >"$TMPDIR/program.$$" <<'${end}'\n${program}${end}`),
    sh`mv "$TMPDIR/program.$$" ${dir}/program || exit 1`,
    sh`printf '%s\n' ${guard(dir, nonce)} > ${dir}/guard || exit 1`,
    sh`if mkdir ${dir}/started 2>/dev/null; then`,
    sh`: >> ${dir}/spool`,
    rawShell('setsid $' + '{KW_SH:-sh} "$TMPDIR/guard" </dev/null >>"$TMPDIR/spool" 2>&1 &'),
    sh`fi`,
    sh`fi`,
  ]);
  return inOneFunction([setup, follow(p, nonce, 0)]);
}

/** Prints the spool from byte `offset` until the program has ended and everything is printed. */
export function followScript(p: HostPaths, nonce: string, offset: number): string {
  return inOneFunction([follow(p, nonce, offset)]);
}

/** Asks the program to stop after the present task, or kills that task too. */
export function stopScript(p: HostPaths, how: 'stop' | 'kill'): string {
  return inOneFunction([sh`[ ! -d ${programDir(p)} ] || : > ${`${programDir(p)}/${how}`}`]);
}

/** Tells a program that waits for a file that it will not come. */
export function refuseScript(p: HostPaths, sha256: string, why: string): string {
  const file = `${programDir(p)}/no.${sha256}`;
  return inOneFunction([sh`printf '%s\n' ${why} > ${`${file}.new`} && mv ${`${file}.new`} ${file}`]);
}

/** Stays beside the program: should that be killed, or unreadable, its secrets go and the follower hears of it at once. */
function guard(dir: string, nonce: string): string {
  return sh`
    $KW_SH ${dir}/program main
    [ ! -f ${dir}/rc ] || exit 0
    rm -rf ${dir}/secrets ${dir}/program
    printf '\\036%s died\n' ${nonce}
    echo 255 > ${dir}/rc`.text.replace('$KW_SH', '$' + '{KW_SH:-sh}');
}

function follow(p: HostPaths, nonce: string, offset: number): Shell {
  const dir = programDir(p);
  return sh`
    d=${dir} off=${offset} none=0 turn=0
    printf '\\036%s spool %s\n' ${nonce} "$off"
    if [ ! -f "$d/spool" ]; then printf '\\036%s gone\n' ${nonce}; return 0; fi
    while :; do
      over=0
      [ ! -f "$d/rc" ] || over=1
      size=$(wc -c <"$d/spool") || return 1
      size=$((size))
      turn=$((turn + 1))
      echo "$$.$turn" >"$d/beat"
      if [ "$size" -gt "$off" ]; then
        tail -c "+$((off + 1))" "$d/spool" | head -c "$((size - off))" || return 1
        off=$size none=0
      elif [ $over = 1 ]; then
        return 0
      else
        pid=
        read -r pid 2>/dev/null <"$d/pid" || :
        if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then none=0; else none=$((none + 1)); fi
        # Killed, or never begun.
        if [ $none -gt 50 ]; then printf '\\036%s died\n' ${nonce}; return 0; fi
        # Something has to be written now and then, or a dead channel is never noticed here.
        [ $((turn % 20)) -ne 0 ] || printf . >&2
        if [ $turn -lt 10 ]; then sleep 0.05; else sleep 0.2; fi 2>/dev/null || sleep 1
      fi
    done`;
}

/** A script that arrived in part runs nothing. */
export function inOneFunction(pieces: readonly Shell[]): string {
  return `main() {\n${joinShell(pieces).text}\n}\nmain; exit $?\n`;
}
