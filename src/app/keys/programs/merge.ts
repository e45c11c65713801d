import { joinShell, rawShell } from '../../../shell/shell.js';
import type { Change, KeyHost } from '../model/model.js';
import { changesOf } from './look.js';
import { assign, runAs } from './remote.js';

export interface MergeOptions {
  /** Report what would be changed, and write nothing. */
  readonly dry: boolean;
  /** Whether this host gets the others' host keys. */
  readonly known: boolean;
  /** Nothing will be added, so no directory is made either. */
  readonly removeOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface Merged {
  readonly changes: Change[];
  readonly notes: string[];
  /** Keys that are in authorized_keys with options that may keep them out or run another command. */
  readonly restricted: readonly { readonly owner: string; readonly options: string }[];
  /** The login itself proved that sshd reads the file: its key is in there, and sshd_config names no other place. */
  readonly proved: boolean;
}

/**
 * Lines of the payload, one letter per kind (the same for all hosts; each skips its own):
 * `A NAME KEY-LINE` a host's key that may log in (`A NAME -`: not made yet), `O - KEY-LINE` the
 * operator's, `K NAME NAMES TYPE BLOB` a host key, `R NAME TYPE BLOB` a key that may no longer log in, `H NAME NAMES`
 * names to remove from known_hosts.
 *
 * Existing content stays byte for byte, except for what R and H name.
 *
 * @throws KubewrightError or TransportError.
 */
export async function merge(host: KeyHost, payload: Buffer, o: MergeOptions): Promise<Merged> {
  // Another account's login proves nothing about this one.
  const login = (host.account === host.session.target.user && host.session.loginKey?.toString('base64')) || '';
  const program = joinShell([
    assign({ self: host.name, dry: o.dry ? 'yes' : '', known: o.known ? 'yes' : '', remove: o.removeOnly ? 'yes' : '', login }),
    MERGE,
  ]);
  const fields = await runAs(host, program, payload, o.signal);
  const { changes, notes } = changesOf(fields);
  return {
    // Owners come in the payload's order.
    changes: changes.map((c) => (c.kind === 'mode' ? c : { ...c, names: [...c.names].sort() })),
    notes,
    restricted: fields.flatMap(([tag, owner, options]) => (tag === 'restricted' && owner && options ? [{ owner, options }] : [])),
    proved: fields.some(([tag]) => tag === 'proved'),
  };
}

/**
 * What both awk programs print, in this order: a line with the number of keys added and removed, the bytes deleted and to add, and the script for
 * sed that deletes (`-`: nothing); the owners of both, a line each; lines for the answer, `P` if the key that has logged in is
 * there without restricting options, `W TEXT` a warning; `+`; what to add.
 */
const SAY = `
function given(who) { givers++; if (!(who in gave)) { gave[who]; owners = owners "," who } }
function taken(who) { takers++; if (!(who in lost)) { lost[who]; losers = losers "," who } }
function delete_line(text) { script = script FNR "d;"; deleted += length(text) + 1 }
function add(text) { added[++adds] = text; bytes += length(text) + 1 }
function tell(text) { told[++tells] = text }
function say(   i) {
  print givers + 0, takers + 0, deleted + 0, bytes + 0, (script == "" ? "-" : script)
  print substr(owners, 2)
  print substr(losers, 2)
  for (i = 1; i <= tells; i++) print told[i]
  print "+"
  for (i = 1; i <= adds; i++) print added[i]
}`;

const AUTHORIZED = `${SAY}
function keyof(s,   i, c, q, f) {
  sub(/\\r$/, "", s)
  sub(/^[ \\t]+/, "", s)
  options = ""
  if (s == "" || s ~ /^#/) return ""
  if (s !~ /^(ssh|ecdsa|sk)-[^ \\t]*[ \\t]/) {
    # Options end at the first space outside quotes.
    for (i = 1; i <= length(s); i++) {
      c = substr(s, i, 1)
      if (c == "\\\\" && substr(s, i + 1, 1) == "\\"") i++
      else if (c == "\\"") q = !q
      else if (!q && (c == " " || c == "\\t")) break
    }
    options = substr(s, 1, i - 1)
    s = substr(s, i)
    sub(/^[ \\t]+/, "", s)
    if (tolower(options) ~ /(^|,)cert-authority(,|$)/) return ""
  }
  split(s, f, /[ \\t]+/)
  return f[1] " " f[2]
}
part == "want" && $1 == "R" { gone[$3 " " $4] = $2; next }
part == "want" && ($1 == "O" || $1 == "A") {
  if ($1 == "A" && $2 == self && $3 == "-") next
  if ($3 == "-") { given($2); next }
  line[++wanted] = substr($0, length($1 " " $2 " ") + 1)
  key[wanted] = $3 " " $4
  owner[wanted] = $2
  next
}
part == "have" {
  k = keyof($0)
  if (k == "") next
  if (k in gone) {
    delete_line($0)
    taken(gone[k])
    # A host that could log in to itself still can.
    if (gone[k] == self) itself = 1
  }
  else {
    have[k] = 1
    if (tolower(options) ~ /(^|,)(command|from|expiry-time|principals|valid-before)=/) limits[k] = options
    else { free[k] = 1; if (login != "" && substr(k, index(k, " ") + 1) == login) proved = 1 }
  }
}
END {
  if (proved) tell("P")
  for (i = 1; i <= wanted; i++) if (key[i] in limits && !(key[i] in free) && owner[i] != self) {
    options = limits[key[i]]
    gsub(/\\t/, " ", options)
    tell("restricted\\t" owner[i] "\\t" options)
  }
  for (i = 1; i <= wanted; i++) if (!(key[i] in have) && !(key[i] in gone) && (owner[i] != self || itself)) {
    have[key[i]] = 1
    add(line[i])
    given(owner[i])
  }
  say()
}`;

/** The same for known_hosts. A line that loses some of its names is deleted and added again with the others. */
const KNOWN = `${SAY}
function base(name) {
  if (name !~ /^\\[.*\\]:[0-9]+$/) return tolower(name)
  sub(/^\\[/, "", name)
  sub(/\\]:[0-9]+$/, "", name)
  return tolower(name)
}
function forget(   i, n, a, rest, rests) {
  if (comment in marked) { drop(marked[comment], ""); return 1 }
  if (FNR in hashed && $1 ~ /^\\|1\\|/) { drop(hashed[FNR], ""); return 1 }
  n = split($1, a, ",")
  rests = 0
  for (i = 1; i <= n; i++) {
    if (tolower(a[i]) in names) { whose = names[tolower(a[i])]; continue }
    if (base(a[i]) in hosts) { whose = hosts[base(a[i])]; continue }
    rest = rests++ ? rest "," a[i] : a[i]
  }
  if (rests == n) return 0
  drop(whose, rests ? rest substr($0, index($0, $1) + length($1)) : "")
  return 1
}
function drop(name, instead) {
  delete_line($0)
  taken(name)
  if (instead != "") { sub(/\\r$/, "", instead); add(instead) }
}
part == "want" && $1 == "H" {
  forgetful = 1
  marked["kubewright:" $2] = $2
  hosts[tolower($2)] = $2
  n = split($3, a, ",")
  for (i = 1; i <= n; i++) names[tolower(a[i])] = $2
  next
}
part == "want" && $1 == "K" && $2 != self {
  owner[++wanted] = $2
  list[wanted] = $3
  key[wanted] = $4 " " $5
  next
}
part == "want" && $1 == "F" { hashed[$2] = $3; next }
part == "have" {
  line = $0
  sub(/\\r$/, "", line)
  n = split(line, f, /[ \\t]+/)
  start = f[1] == "" ? 2 : 1
  if (n < start + 2 || f[start] ~ /^#/) next
  if (f[start] ~ /^@/) {
    if (f[start] == "@revoked") revoked[f[start + 2] " " f[start + 3]] = 1
    next
  }
  comment = f[n]
  if (forgetful && forget()) next
  n = split(tolower(f[start]), a, ",")
  for (i = 1; i <= n; i++) have[a[i] " " f[start + 1] " " f[start + 2]] = 1
}
END {
  for (i = 1; i <= wanted; i++) {
    missing = ""
    n = split(list[i], a, ",")
    for (j = 1; j <= n; j++) {
      entry = tolower(a[j]) " " key[i]
      if (entry in have) continue
      have[entry] = 1
      missing = missing == "" ? a[j] : missing "," a[j]
    }
    if (key[i] in revoked) tell("W a host key of " owner[i] " is revoked")
    if (missing == "") continue
    add(missing " " key[i] " kubewright:" owner[i])
    given(owner[i])
  }
  say()
}`;

const MERGE = rawShell(`
authorized_awk='${AUTHORIZED}'
known_awk='${KNOWN}'
dirty=
proved=
# FILE KIND-WHEN-ADDED KIND-WHEN-REMOVED, and what the awk program said
apply() {
  {
    read -r added removed deleted more script
    read -r givers
    read -r losers
    while IFS= read -r line && [ "$line" != + ]; do
      case $line in
        P) proved=yes ;;
        'W '*) note "$1: \${line#W }" ;;
        *) printf '%s\\n' "$line" ;;
      esac
    done
    if [ -f "$1" ] || [ "$more" -gt 0 ] || [ "$added" -gt 0 ]; then
      is=
      whole=
      [ ! -e "$1" ] || is=$(owner_mode "$1")
      case \${is% *} in '' | 0 | "$uid") ;; *) whole=yes ;; esac
      if [ "$more" -gt 0 ] || [ "$script" != - ] || [ -n "$whole" ]; then
        [ -n "$dry" ] || { replace "$1" "$script" "$deleted" "$more"; dirty=yes; }
      elif [ -n "$is" ]; then moded "$1" "\${is#* }" 600 22; fi
      [ "$added" -eq 0 ] || change "$2" "$1" "$added" "$givers"
      [ "$removed" -eq 0 ] || change "$3" "$1" "$removed" "$losers"
      [ -z "$whole" ] || change mode "$1" 1 "owner,$account"
    fi
  } <<END_OF_WORDS
$4
END_OF_WORDS
}
# Hashed lines of hosts to forget: only ssh-keygen can tell.
hashed() {
  grep -q '^|1|' "$1" 2>/dev/null || return 0
  payload | sed -n 's/^H //p' | while read -r name list; do
    for n in "$name" $(printf '%s' "$list" | tr ',' ' '); do
      ssh-keygen -F "$n" -f "$1" 2>/dev/null | sed -n "s/^# Host .* found: line \\([0-9]*\\).*/F \\1 $name/p"
    done
  done
}
# sshd's files can be read, and none names another file of keys.
usual() {
  [ -r /etc/ssh/sshd_config ] || return 1
  set -- /etc/ssh/sshd_config.d/*.conf
  [ -e "$1" ] || set --
  awk '{ $0 = tolower($0); sub(/^[ \\t]+/, ""); gsub(/"/, "") }
    !/^(authorizedkeys|include|match)/ || /^include[ \\t]+\\/etc\\/ssh\\/sshd_config\\.d\\/\\*\\.conf[ \\t]*$/ { next }
    /^authorizedkeysfile[ \\t=]+(%h\\/)?\\.ssh\\/authorized_keys([ \\t]|$)/ || /^authorizedkeyscommand(user)?[ \\t=]+none[ \\t]*$/ { next }
    { odd = 1 }
    END { exit odd }' /etc/ssh/sshd_config "$@" 2>/dev/null
}
# A file that awk can read in its place becomes $have. FILE
present() { have=$1; [ -e "$1" ] || have=/dev/null; }

[ -z "$remove" ] || [ -d "$ssh" ] || exit 0
directory
[ ! -d "$ssh" ] || lock
for file in "$ssh/authorized_keys" "$ssh/known_hosts"; do
  [ ! -d "$file" ] || die "$file is a directory, not a file: move it away"
done
file=$ssh/authorized_keys
present "$file"
said=$(payload | awk -v self="$self" -v login="$login" "$authorized_awk" part=want - part=have "$have")
apply "$file" authorized unauthorized "$said"
[ -z "$proved" ] || ! usual || printf 'proved\\n'
file=$ssh/known_hosts
present "$file"
if [ -z "$remove" ] && [ -n "$known" ]; then
  said=$(payload | awk -v self="$self" "$known_awk" part=want - part=have "$have")
else
  said=$({ hashed "$file"; if [ -n "$known" ]; then payload; else payload | grep '^H ' || :; fi; } |
    awk -v self="$self" "$known_awk" part=want - part=have "$have")
fi
apply "$file" known unknown "$said"
[ -z "$dirty" ] || flush "$ssh"
`);
