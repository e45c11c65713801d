import { joinShell, rawShell, type Shell, sh } from '../../shell/shell.js';
import { HOST_FUNCTIONS } from '../program/host-functions.js';
import { KILL_FUNCTIONS } from '../program/kill-functions.js';
import { inOneFunction } from '../program/scripts.js';

export interface KeeperScriptOptions {
  readonly runDir: string;
  readonly run: string;
  readonly nonce: string;
  /** `name=value` lines about the lock's holder; the first is `run=…`. */
  readonly info: readonly string[];
  /** Take the lock over from this run, if it still holds it. */
  readonly over?: string;
  /** End that run's programs first. */
  readonly end?: boolean;
  /** Only report. */
  readonly look?: boolean;
}

/**
 * Takes the lock of a host and keeps it while its stdin is open. Decisions on one host are serialised by flock on the
 * directory, which the kernel releases if the script is killed.
 *
 * Frames: `info NAME=VALUE` of the lock that was there · `program RUN/KEY running|ended|dead N LABEL` of its programs ·
 * `stuck RUN/KEY` · `stopped RUN/KEY` · `taking` (its run does not hold all its hosts yet) · `lock VERDICT AGE BOOT`, with
 * VERDICT taken, over (from `over`), restarted (the old lock is from before a restart), held or, for a look, free, and AGE the
 * seconds since its controller's last sign of life · `lost` · `mine` · `released`.
 *
 * Then it obeys lines: beat · verify · hold · seen RUN/KEY (all its output has been read) · forget RUN/KEY · release.
 */
export function keeperScript(o: KeeperScriptOptions): string {
  return inOneFunction([
    head(o),
    rawShell(HOST_FUNCTIONS),
    ...(o.end ? [rawShell(KILL_FUNCTIONS)] : []),
    rawShell(WORDS),
    decide(o),
    obey(),
  ]);
}

function head(o: KeeperScriptOptions): Shell {
  return sh`
    umask 077
    base=${o.runDir} run=${o.run} over=${o.over ?? ''} end=${o.end ? 1 : 0} look=${o.look ? 1 : 0}
    lock=$base/lock
    say() { printf '\\036%s %s\n' ${o.nonce} "$*"; }
    [ -d "$base" ] || mkdir -p "$base" 2>/dev/null || [ "$(id -u)" != 0 ] || mkdir -p "$base" || exit 1
    if [ ! -d "$base" ] || [ ! -r "$base" ] || [ ! -w "$base" ]; then
      echo "tasks run as root, and $(id -un) may not write to $base" >&2
      echo ${NOT_ROOT} >&2
      exit 1
    fi
    command -v flock >/dev/null || { echo 'flock is missing (package util-linux)' >&2; exit 1; }
    exec 9<"$base" && flock 9 || exit 1`;
}

const NOT_ROOT =
  'Set ansible_become: true and ansible_become_user: root for this host; use runuser -u NAME to run part of a task as another user';

/** Times are from /proc/uptime, which cannot be set. */
const WORDS = `
now() { read -r kw_up kw_l </proc/uptime; kw_up=${'$'}{kw_up%%.*}; }
beat() { now; echo "$kw_up" >"$lock/beat"; }
holder() {
  holder= since_boot= told=$1
  [ -f "$lock/info" ] || return 1
  while IFS= read -r line; do
    [ -z "$told" ] || say info "$line"
    case $line in run=*) holder=${'$'}{line#run=} ;; boot=*) since_boot=${'$'}{line#boot=} ;; esac
  done <"$lock/info"
  case $holder in '' | .* | *[!A-Za-z0-9._-]*) holder=; return 1 ;; esac
}
age() {
  now
  b=
  read -r b 2>/dev/null <"$lock/beat" || :
  case $b in '' | *[!0-9]*) age=999999 ;; *) age=$((kw_up - b)) ;; esac
}
# Of every run but ours: a lock may have been given back over a program that still runs.
others() { # sets path, RUN/KEY
  dir=${'$'}{1%/} path=${'$'}{1%/}
  path=${'$'}{path#"$base/"}
  [ -e "$dir/started" ] && [ ! -e "$dir/seen" ] && { [ "${'$'}{path%%/*}" != "$run" ] || [ "$over" = "$run" ]; }
}
at() { # number of the present task; the last word of what the watchdog reads
  at=
  read -r kw_a kw_a kw_a kw_a kw_a at 2>/dev/null <"$1/watch" || :
  at=${'$'}{at:-0}
}
label() {
  label=
  read -r label 2>/dev/null <"$1/label" || :
}
programs() {
  for dir in "$base"/*/*/; do
    others "$dir" || continue
    case " $ended " in *" $path "*) continue ;; esac
    state=dead
    if [ -f "$dir/rc" ]; then state=ended; elif kw_alive "$dir"; then state=running; fi
    at "$dir"
    label "$dir"
    say program "$path" "$state" "$at" "$label"
  done
}
end_programs() {
  for dir in "$base"/*/*/; do
    if ! others "$dir" || [ -f "$dir/rc" ] || ! kw_alive "$dir"; then continue; fi
    label "$dir"
    : >"$dir/stop"
    : >"$dir/kill"
    i=0
    while [ ! -f "$dir/rc" ] && kw_alive "$dir" && [ $i -lt 25 ]; do
      sleep 0.2 2>/dev/null || sleep 1
      i=$((i + 1))
    done
    if [ ! -f "$dir/rc" ] && kw_alive "$dir"; then
      read -r kw_p kw_s <"$dir/pid" && kill -s KILL -- "-$kw_p" 2>/dev/null
      at "$dir"
      kw_hunt "$dir#$at"
      sleep 1
      if kw_alive "$dir"; then say stuck "$path"; return 1; fi
    fi
    rm -rf "$dir/secrets"
    # Told here: a controller that lives may have read the end already, and then it is nobody's any more.
    at "$dir"
    say program "$path" ended "$at" "$label"
    say stopped "$path"
    ended="$ended $path"
  done
}
# Of the run whose lock we took over only what somebody still has to read stays.
tidy() {
  for dir in "$base/$over"/*/; do
    if [ -e "$dir/started" ] && [ ! -e "$dir/seen" ]; then continue; fi
    rm -rf "$dir"
  done
  rmdir "$base/$over" 2>/dev/null
}
# Waits for a program that has said its last word, and is about to write down its status.
gone() {
  i=0
  while kw_alive "$1" && [ $i -lt 100 ]; do
    sleep 0.02 2>/dev/null || sleep 1
    i=$((i + 1))
  done
}
mine() {
  line=
  IFS= read -r line 2>/dev/null <"$lock/info" && [ "$line" = "run=$run" ]
}
`;

function decide(o: KeeperScriptOptions): Shell {
  return joinShell([
    sh`
    kw_boot_id
    write() {
      if [ ! -d "$lock" ]; then mkdir "$lock" || return 1; fi
      [ ! -f "$lock/held" ] || rm -f "$lock/held"
      beat
      printf '%s\n' ${[...o.info]} "boot=$kw_boot" >"$lock/info"
    }`,
    rawShell(`
    verdict=taken age=0 ended=
    if holder tell; then
      if [ "$holder" = "$run" ]; then
        held=; [ ! -f "$lock/held" ] || held=1
      elif [ "$since_boot" != "$kw_boot" ]; then
        # Nothing of it can be at work any more.
        [ $look = 1 ] || rm -rf "$base/$holder"
        verdict=restarted
      else
        age
        if [ "$holder" = "$over" ]; then
          verdict=over
          if [ "$end" = 1 ] && ! end_programs; then verdict=held; fi
        else
          verdict=held
        fi
        [ -f "$lock/held" ] || say taking
      fi
    fi
    programs
    if [ $look = 1 ]; then
      [ $verdict = held ] || verdict=free
      say lock $verdict $age "$kw_boot"
      return 0
    fi
    if [ $verdict = held ]; then
      say lock held $age "$kw_boot"
      return 0
    fi
    write || return 1
    [ $verdict != over ] || tidy
    [ -z "$held" ] || : >"$lock/held"
    exec 9<&-
    say lock $verdict $age "$kw_boot"`),
  ]);
}

function obey(): Shell {
  return rawShell(`
    while read -r word arg; do
      case $word in
        beat)
          if ! mine; then
            if holder tell; then :; fi
            say lost
            return 0
          fi
          beat ;;
        verify)
          # Whoever is taking it at this moment shall have done so.
          exec 9<"$base" && flock 9 || return 1
          if ! mine; then
            if holder tell; then :; fi
            say lost
            return 0
          fi
          exec 9<&-
          say mine ;;
        hold) ! mine || : >"$lock/held" ;;
        seen) : >"$base/$arg/seen" ;;
        forget)
          gone "$base/$arg"
          rm -rf "$base/$arg"
          rmdir "$base/${'$'}{arg%/*}" 2>/dev/null ;;
        release)
          exec 9<"$base" && flock 9 || return 1
          for dir in "$base/$run"/*/; do gone "$dir"; done
          if mine; then rm -rf "$lock" "$base/$run"; else rm -rf "$base/$run"; fi
          say released
          return 0 ;;
      esac
    done`);
}
