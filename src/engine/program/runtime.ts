import { SHA256_OF } from '../../shell/sha256-of.js';
import { KILL_FUNCTIONS } from './kill-functions.js';

/**
 * The part that all programs share: runs one task after the other, enforces time limits, fetches files.
 *
 * Must run under dash, bash and busybox sh. `main` runs without errexit and reads every status by hand, because
 * `if ( set -eu; … )` ignores errexit. fd 3 is the stream of frames, fd 4 the current task's output.
 *
 * Frames (after the nonce; UP is /proc/uptime in seconds, read without a fork):
 *   start N UP · phase N check|diff|turn|apply|recheck|export · export N INDEX BASE64 · need SHA256
 *   turn N · in-turn N UP · turned
 *   end N ok|changed|would-change|skipped|failed CODE UP [REASON] · stopped N · done CODE
 */
export const RUNTIME = String.raw`
${KILL_FUNCTIONS.trim()}

kw_would=' 0 ' kw_up=0 kw_seq=0 kw_pid= kw_kind= kw_dog= kw_hide= kw_leave=0 kw_mine= KW_N=0
kw_now() { read -r kw_up kw_x </proc/uptime || :; }
kw_frame() { printf '\036%s %s\n' "$KW_NONCE" "$*" >&3; }
kw_nap() { sleep 0.2 2>/dev/null || sleep 1; }

# What this shell was started as, for those who look whether it lives.
kw_note_self() {
  read -r kw_l 2>/dev/null </proc/$$/stat || return 0
  kw_l=${'$'}{kw_l##*) } kw_x=3
  while [ $kw_x -lt 22 ]; do kw_l=${'$'}{kw_l#* } kw_x=$((kw_x + 1)); done
  echo "$$ ${'$'}{kw_l%% *}" >"$KW_DIR/main"
}

kw_secret() { cat "$KW_DIR/secrets/$1"; }

# Parents before their children: a shell that lives while its children are killed says so ("Terminated") into the task's output,
# and takes what is left of a pipeline for a success.
kw_kill() { # signal group|tree pid
  if [ "$2" = group ]; then
    kill -s "$1" -- "-$3" 2>/dev/null || :
  else
    # Words: process ids.
    kill -s "$1" $(cat /proc/[0-9]*/status 2>/dev/null | awk -v top="$3" '
      /^Pid:/ { p = $2 }
      /^PPid:/ { up[p] = $2 }
      END {
        all[n = 1] = top
        for (i = 1; i <= n; i++) {
          print all[i]
          for (p in up) if (up[p] == all[i]) all[++n] = p
        }
      }') 2>/dev/null || :
  fi
  [ "$1" = TERM ] || kw_hunt "$KW_DIR#$KW_N"
}

# Beside main: ends what runs too long, and cleans up should main itself be killed. Counts seconds, so that a clock that
# jumps does no harm; the time spent waiting for a push doesn't count.
kw_watchdog() {
  kw_seen= kw_t=0
  while sleep 1; do
    if ! kill -0 $$ 2>/dev/null; then
      if read -r kw_s kw_k kw_p kw_l kw_w KW_N <"$KW_DIR/watch"; then kw_kill KILL "$kw_k" "$kw_p"; fi
      rm -rf "$KW_DIR/secrets"
      exit 0
    fi 2>/dev/null
    if ! read -r kw_s kw_k kw_p kw_l kw_w KW_N <"$KW_DIR/watch"; then kw_seen=; continue; fi 2>/dev/null
    if [ "$kw_s" != "$kw_seen" ]; then kw_seen=$kw_s kw_t=0; fi
    if [ -e "$KW_DIR/kill" ]; then
      echo killed >"$KW_DIR/late"
      kw_kill KILL "$kw_k" "$kw_p"
      continue
    fi
    # A wait changes nothing, so nothing is lost when it is left.
    if [ "$kw_w" = 1 ] && [ -e "$KW_DIR/stop" ]; then
      echo stopped >"$KW_DIR/late"
      kw_kill KILL "$kw_k" "$kw_p"
      continue
    fi
    [ -e "$KW_DIR/waiting" ] || kw_t=$((kw_t + 1))
    if [ "$kw_t" -gt $((kw_l + 5)) ]; then
      kw_kill KILL "$kw_k" "$kw_p"
    elif [ "$kw_t" -gt "$kw_l" ]; then
      echo timeout >"$KW_DIR/late"
      kw_kill TERM "$kw_k" "$kw_p"
    fi
  done
}

kw_await() { # group|tree pid; sets kw_rc and kw_why
  kw_kind=$1 kw_pid=$2 kw_why= kw_seq=$((kw_seq + 1))
  echo "$kw_seq $kw_kind $kw_pid $kw_limit $kw_leave $KW_N" >"$KW_DIR/watch"
  wait "$kw_pid" 2>/dev/null
  kw_rc=$?
  if [ -e "$KW_DIR/late" ]; then
    read -r kw_why <"$KW_DIR/late" || :
    rm -f "$KW_DIR/late" "$KW_DIR/waiting"
    # Whether apply came to its end all the same, the check says; nobody says it of a check.
    [ "$kw_kind" = group ] || [ "$kw_rc" -ne 0 ] || kw_rc=143
    # Not with the task's mark: the watchdog may be hunting.
    [ "$kw_rc" -eq 0 ] || { KW_TASK= sleep 1; kw_kill KILL "$kw_kind" "$kw_pid"; }
  fi
  kw_pid=
}

kw_part() { # function
  ( set -eu; exec 4>&-; "$1" ) </dev/null >&4 2>&1 &
  kw_await tree $!
}

kw_phase() { kw_frame phase "$KW_N" "$1"; }

# The reason is looked for while it is there to be seen. Nobody waits for it who has asked to stop.
kw_explain() {
  [ ! -e "$KW_DIR/stop" ] && [ ! -e "$KW_DIR/kill" ] && command -v "w$KW_N" >/dev/null 2>&1 || return 0
  kw_frame phase "$KW_N" why
  kw_failed=$kw_rc kw_limit=30
  kw_part "w$KW_N"
  kw_rc=$kw_failed
}

kw_fail() { # reason
  kw_explain
  kw_now
  kw_frame end "$KW_N" failed "$kw_rc" "$kw_up" "$1"
  exit 1
}

kw_export() { # index
  ( set -eu; exec 4>&-; "e$KW_N"_"$1" ) </dev/null 2>&4 >"$KW_DIR/out" &
  kw_await tree $!
  [ "$kw_rc" -eq 0 ] || kw_fail export
  kw_frame export "$KW_N" "$1" "$(base64 <"$KW_DIR/out" | tr -d '\n')"
  rm -f "$KW_DIR/out"
}

kw_any() { # numbers; whether one of these tasks would change something, 0 always would
  for kw_x in $1; do
    case "$kw_would" in *" $kw_x "*) return 0 ;; esac
  done
  return 1
}

kw_task() { # number seconds hide diff exports readonly; turn, or in check mode: numbers that do this too, numbers that this follows
  KW_N=$1 kw_limit=$2
  if [ -n "$kw_mine" ] && [ "${'$'}{7-}" != turn ]; then
    kw_mine=
    kw_frame turned
  fi
  if [ -e "$KW_DIR/stop" ] || [ -e "$KW_DIR/kill" ]; then
    kw_frame stopped "$KW_N"
    exit 130
  fi
  # Goes with everything that the task starts.
  KW_TASK=$KW_DIR#$KW_N
  # The end of the task before is the beginning of this one; its first phase is the check.
  kw_frame start "$KW_N" "$kw_up"
  if [ "$3" != "$kw_hide" ]; then
    kw_hide=$3
    if [ "$3" = 1 ]; then exec 4>/dev/null; else exec 4>&1; fi
  fi
  kw_status=ok
  kw_part "c$KW_N"
  [ "$kw_rc" -ne 0 ] || [ "$KW_CHECK" = 0 ] || ! kw_any "$8" || kw_rc=1
  if [ "$kw_rc" -ne 0 ]; then
    [ -z "$kw_why" ] || kw_fail "$kw_why"
    if [ "$KW_CHECK" = 1 ] && { [ "$6" = 1 ] || kw_any "$7"; }; then
      kw_now
      kw_frame end "$KW_N" skipped 0 "$kw_up"
      return 0
    fi
    if [ "$4" = 1 ]; then
      kw_phase diff
      exec 4>&1
      kw_part "d$KW_N"
      [ "$3" = 0 ] || exec 4>/dev/null
    fi
    if [ "$KW_CHECK" = 1 ]; then
      kw_would="$kw_would$KW_N "
      kw_now
      kw_frame end "$KW_N" would-change 0 "$kw_up"
      return 0
    fi
    [ "${'$'}{7-}" != turn ] || [ -n "$kw_mine" ] || kw_turn
    kw_phase apply
    kw_leave=$6
    # Its own session: what hangs is killed with everything that it started.
    setsid $KW_SH "$0" apply "$KW_N" </dev/null >&4 2>&1 4>&- &
    kw_await group $!
    kw_leave=0
    if [ "$kw_rc" -ne 0 ] && [ "$kw_why" = stopped ]; then
      kw_frame stopped "$KW_N"
      exit 130
    fi
    [ "$kw_rc" -eq 0 ] || kw_fail "$(test -n "$kw_why" && echo "$kw_why" || echo apply)"
    kw_phase recheck
    kw_part "c$KW_N"
    [ "$kw_rc" -eq 0 ] || kw_fail "$(test -n "$kw_why" && echo "$kw_why" || echo recheck)"
    [ "$6" = 1 ] || kw_status=changed
  fi
  if [ "$5" -gt 0 ]; then
    kw_phase export
    kw_e=1
    while [ "$kw_e" -le "$5" ]; do
      kw_export "$kw_e"
      kw_e=$((kw_e + 1))
    done
  fi
  kw_now
  kw_frame end "$KW_N" "$kw_status" 0 "$kw_up"
}

kw_begin() {
  kw_note_self
  : >"$KW_DIR/watch"
  kw_now
  trap 'kw_end $?' EXIT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  trap 'exit 130' INT
  export KW_TASK
  kw_watchdog 3>&- </dev/null >/dev/null 2>&1 &
  kw_dog=$!
}

kw_end() { # status
  trap - EXIT TERM HUP INT
  [ -z "$kw_pid" ] || kw_kill KILL "$kw_kind" "$kw_pid"
  [ -z "$kw_dog" ] || kill "$kw_dog" 2>/dev/null || :
  if [ -d "$KW_DIR/secrets" ] || [ -e "$KW_DIR/out" ]; then rm -rf "$KW_DIR/secrets" "$KW_DIR/out"; fi
  if [ -f "$KW_DIR/installed" ]; then
    while read -r kw_x; do rm -f "$KW_CACHE/$kw_x"; done <"$KW_DIR/installed"
  fi
  kw_frame "done" "$1"
  echo "$1" >"$KW_DIR/rc"
  exit "$1"
}
`;

/** Fetches files: only in programs whose tasks need some. */
export const ARTIFACT_RUNTIME = `${SHA256_OF}
${String.raw`
kw_sum() { [ "$(sha256_of "$1")" = "$kw_sha" ]; }

kw_have() {
  [ -s "$kw_f" ] || return 1
  # The name was given after the sum was right; only a crash of the machine can have cut the file short since.
  if [ -n "$kw_size" ] && [ "$(stat -c %s "$kw_f")" != "$kw_size" ] && ! kw_sum "$kw_f"; then
    rm -f "$kw_f"
    return 1
  fi
}

kw_get() { # url file, goes on where an earlier try ended
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --connect-timeout 20 --speed-limit 1000 --speed-time 60 -C - -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -T 60 -c -O "$2" "$1"
  else
    echo 'neither curl nor wget is installed' >&2
    return 127
  fi
}

kw_download() {
  kw_part_file=$kw_f.part
  for kw_try in 1 2 3 4; do
    kw_get "$kw_url" "$kw_part_file"
    kw_x=$?
    [ "$kw_x" -ne 127 ] || return 1
    if [ -s "$kw_part_file" ] && kw_sum "$kw_part_file"; then
      chmod 0644 "$kw_part_file" && mv -f "$kw_part_file" "$kw_f"
      return
    fi
    # Complete and still wrong, or a server that cannot go on: from the start.
    case $kw_x in 0) echo "$kw_url has not the sha256 $kw_sha" >&2; rm -f "$kw_part_file" ;; 22 | 33) rm -f "$kw_part_file" ;; esac
    [ "$kw_try" -eq 4 ] || sleep $((kw_try * 2))
  done
  rm -f "$kw_part_file"
  return 1
}

kw_need() {
  rm -f "$KW_DIR/no.$kw_sha"
  : >"$KW_DIR/waiting"
  kw_frame need "$kw_sha"
  kw_i=0 kw_quiet=0 kw_last=
  while [ ! -f "$kw_f" ]; do
    if [ -f "$KW_DIR/no.$kw_sha" ]; then
      cat "$KW_DIR/no.$kw_sha" >&2
      rm -f "$KW_DIR/waiting"
      return 1
    fi
    sleep 0.5 2>/dev/null || sleep 1
    kw_i=$((kw_i + 1)) kw_b=
    [ $((kw_i % 120)) -ne 0 ] || kw_frame need "$kw_sha"
    # The controller is heard here for as long as it lives and is connected.
    read -r kw_b 2>/dev/null <"${'$'}{KW_DIR%/*/*}/lock/beat" || :
    if [ "$kw_b" = "$kw_last" ]; then kw_quiet=$((kw_quiet + 1)); else kw_quiet=0 kw_last=$kw_b; fi
    if [ "$kw_quiet" -gt 1200 ]; then
      echo "gave up waiting for $kw_name: the operator's machine has not been connected for 10 minutes" >&2
      rm -f "$KW_DIR/waiting"
      return 1
    fi
  done
  rm -f "$KW_DIR/waiting"
}

kw_artifact() { # sha256; prints the path of the file
  kw_sha=$1 kw_f=$KW_CACHE/$1
  kw_ref "$1" || { echo "kw_artifact: no task of this play needs $1" >&2; return 1; }
  if ! kw_have; then
    mkdir -p "$KW_CACHE" || return 1
    if [ -z "$kw_url" ] || ! kw_download; then
      [ -z "$kw_url" ] || echo "could not download $kw_url, asking the operator's machine for it" >&2
      kw_need || return 1
    fi
  fi
  printf '%s\n' "$kw_f"
}

# Big files go once they are installed; not before the last task that needs them, or they would be fetched again.
kw_artifact_done() { # sha256
  kw_ref "$1" || return 0
  kw_f=$KW_CACHE/$1
  if [ -f "$kw_f" ] && [ "$(stat -c %s "$kw_f")" -ge 1048576 ]; then
    if [ "$KW_N" -ge "$kw_lastuser" ]; then rm -f "$kw_f"; else echo "$1" >>"$KW_DIR/installed"; fi
  fi
}
`}`;
