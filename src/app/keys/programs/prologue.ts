import { rawShell } from '../../../shell/shell.js';

/**
 * What the programs share. They know `$home`, `$ssh` and `$dry`, and print lines of tab-separated fields:
 * `change KIND FILE COUNT NAMES`, `note TEXT`, and their own.
 */
export const PROLOGUE = rawShell(`
LC_ALL=C
export LC_ALL
umask 077
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
uid=$(id -u)
home=$(getent passwd "$account" 2>/dev/null | cut -d: -f6)
[ -n "$home" ] || home=$(awk -F: -v a="$account" '$1 == a { print $6; exit }' /etc/passwd)
[ -n "$home" ] || die "account $account has no home directory"
[ -d "$home" ] || die "account $account has no home directory: $home does not exist"
ssh=$home/.ssh
if [ -e "$ssh" ] || [ -L "$ssh" ]; then [ -d "$ssh" ] || die "$ssh is not a directory"; fi

# The owner that sshd accepts. PATH
owned() {
  [ ! -e "$1" ] && return 0
  owner=$(stat -L -c %u "$1")
  [ "$owner" = "$uid" ] || [ "$owner" = 0 ] || die "$1 belongs to $(stat -L -c %U "$1") and not to $account: sshd would not read it"
}
# The mode becomes MODE when one of BITS (octal) is set. PATH MODE BITS
moded() {
  [ -e "$1" ] || return 0
  mode=$(stat -L -c %a "$1")
  [ $((0$mode & 0$3)) -ne 0 ] || return 0
  [ -n "$dry" ] || chmod "$2" "$1"
  change mode "$1" 1 "$mode,$2"
}
label() { ! command -v restorecon >/dev/null 2>&1 || restorecon -R "$@" >/dev/null 2>&1 || :; }

# ~/.ssh as sshd wants it.
directory() {
  owned "$home"
  owned "$ssh"
  # sshd ignores keys below a directory that other users can write.
  moded "$home" go-w 22
  if [ -d "$ssh" ]; then
    moded "$ssh" 700 77
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
  rm -rf "$ssh"/*.kw-??????
}
bytes() { wc -c < "$1" | tr -d ' '; }
flush() { sync "$1" 2>/dev/null || sync; }

# All or nothing: written beside its place, synced, renamed. FILE SED-SCRIPT-THAT-DELETES BYTES-DELETED TEXT-TO-ADD
replace() {
  real=$1
  [ ! -L "$1" ] || real=$(readlink -f "$1")
  tmp=$(mktemp "$real.kw-XXXXXX")
  if [ -f "$real" ]; then
    want=$(($(bytes "$real") - $3))
    if [ -n "$2" ]; then sed "$2" "$real" > "$tmp"; else cat "$real" > "$tmp"; fi
    got=$(bytes "$tmp")
    # The last line may have had no newline to delete.
    [ "$got" -eq "$want" ] || [ "$got" -eq $((want + 1)) ] || die "$tmp could not be written completely: is the disk full?"
  fi
  if [ -n "$4" ]; then
    [ -z "$(tail -c 1 "$tmp")" ] || echo >> "$tmp"
    want=$(($(bytes "$tmp") + \${#4} + 1))
    printf '%s\\n' "$4" >> "$tmp"
    [ "$(bytes "$tmp")" -eq "$want" ] || die "$tmp could not be written completely: is the disk full?"
  fi
  chmod 600 "$tmp"
  flush "$tmp"
  mv -f "$tmp" "$real"
  tmp=
  label "$real"
  flush "$ssh"
}
names() { sed -n 's/^N //p' | sort -u | tr '\\n' ',' | sed 's/,$//'; }
`);
