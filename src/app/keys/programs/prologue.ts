import { rawShell } from '../../../shell/shell.js';

/**
 * What the programs share. They know `$home`, `$ssh` and `$dry`, and print lines of tab-separated fields:
 * `change KIND FILE COUNT NAMES`, `note TEXT`, and their own.
 */
export const PROLOGUE = rawShell(`
LC_ALL=C
export LC_ALL
umask 077
nl='
'
tmp=
cleanup() { [ -z "$tmp" ] || rm -rf "$tmp"; }
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
die() { echo "$*" >&2; exit 1; }
change() { printf 'change\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$2" "$3" "$4"; }
note() { printf 'note\\t%s\\n' "$*"; }

account=$(id -un)
entry=$(getent passwd "$account" 2>/dev/null) || entry=
IFS=: read -r entry_name entry_password uid entry_gid entry_gecos home entry_shell <<ENTRY
$entry
ENTRY
[ -n "$uid" ] || uid=$(id -u)
[ -n "$home" ] || home=$(awk -F: -v a="$account" '$1 == a { print $6; exit }' /etc/passwd)
[ -n "$home" ] || die "account $account has no home directory"
[ -d "$home" ] || die "account $account has no home directory: $home does not exist"
ssh=$home/.ssh
if [ -e "$ssh" ] || [ -L "$ssh" ]; then [ -d "$ssh" ] || die "$ssh is not a directory"; fi

# Owner and mode of files and directories, a line each. PATH…
owner_mode() { stat -L -c '%u %a' "$@"; }
# The owner that sshd accepts. PATH OWNER
owned() {
  [ "$2" = "$uid" ] || [ "$2" = 0 ] || die "$1 belongs to $(stat -L -c %U "$1") and not to $account: sshd would not read it"
}
# Its mode becomes MODE when one of BITS (octal) is set. PATH ITS-MODE MODE BITS
moded() {
  [ $((0$2 & 0$4)) -ne 0 ] || return 0
  [ -n "$dry" ] || chmod "$3" "$1"
  change mode "$1" 1 "$2,$3"
}
label() { ! command -v restorecon >/dev/null 2>&1 || restorecon -R "$@" >/dev/null 2>&1 || :; }

# ~/.ssh as sshd wants it.
directory() {
  if [ -d "$ssh" ]; then set -- "$home" "$ssh"; else set -- "$home"; fi
  is=$(owner_mode "$@")
  of_home=\${is%%"$nl"*}
  of_ssh=\${is##*"$nl"}
  owned "$home" "\${of_home% *}"
  [ $# -eq 1 ] || owned "$ssh" "\${of_ssh% *}"
  # sshd ignores keys below a directory that other users can write.
  moded "$home" "\${of_home#* }" go-w 22
  if [ $# -eq 2 ]; then
    moded "$ssh" "\${of_ssh#* }" 700 77
  elif [ -z "$dry" ]; then
    mkdir -m 700 "$ssh"
    label "$ssh"
  fi
}
# One program at a time; leftovers of a killed one are removed.
lock() {
  [ -z "$dry" ] || return 0
  command -v flock >/dev/null 2>&1 || return 0
  exec 9<"$ssh"
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ $tries -lt 120 ] || die "another program has held the lock on $ssh for two minutes"
    sleep 1
  done
  set -- "$ssh"/*.kw-??????
  if [ -e "$1" ] || [ -L "$1" ]; then rm -rf "$@"; fi
}
flush() { sync "$1" 2>/dev/null || sync; }

# All or nothing: written beside its place, synced, renamed. The caller syncs the directory. What is added comes from stdin.
# FILE SED-SCRIPT-THAT-DELETES-OR-DASH BYTES-DELETED BYTES-TO-ADD
replace() {
  real=$1
  [ ! -L "$1" ] || real=$(readlink -f "$1")
  tmp=$(mktemp "$real.kw-XXXXXX")
  has=0
  if [ -f "$real" ]; then
    want=$(($(wc -c < "$real") - $3))
    if [ "$2" = - ]; then cat "$real" > "$tmp"; else sed "$2" "$real" > "$tmp"; fi
    has=$(($(wc -c < "$tmp")))
    # The last line may have had no newline to delete.
    [ "$has" -eq "$want" ] || [ "$has" -eq $((want + 1)) ] || die "$tmp could not be written completely: is the disk full?"
  fi
  if [ "$4" -gt 0 ]; then
    if [ "$has" -gt 0 ] && [ -n "$(tail -c 1 "$tmp")" ]; then
      echo >> "$tmp"
      has=$((has + 1))
    fi
    cat >> "$tmp" || :
    [ $(($(wc -c < "$tmp"))) -eq $((has + $4)) ] || die "$tmp could not be written completely: is the disk full?"
  fi
  flush "$tmp"
  mv -f "$tmp" "$real"
  tmp=
  label "$real"
}
`);
