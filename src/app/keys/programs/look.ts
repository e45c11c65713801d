import { KubewrightError } from '../../../base/errors.js';
import { joinShell, rawShell } from '../../../shell/shell.js';
import type { Change, ChangeKind, KeyHost, KeyKind } from '../model/model.js';
import { type PublicKey, parsePublicKey } from '../model/public-key.js';
import { assign, runAs } from './remote.js';

/** What a host has, or has just made. */
export interface Found {
  /** Undefined: there is no key pair (a dry run makes none). */
  readonly key: PublicKey | undefined;
  /** Path of the private key. */
  readonly keyFile: string | undefined;
  /** All public keys of the account, including the one above. */
  readonly all: readonly PublicKey[];
  /** `type blob` of each type that sshd shows. */
  readonly hostKeys: readonly string[];
  /** Keys that may log in there, only if requested. */
  readonly authorized: readonly PublicKey[];
  /** Base names of a rotation's files in ~/.ssh, with their public keys. */
  readonly pending: ReadonlyMap<string, PublicKey>;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
}

export interface LookOptions {
  /** Make a key pair of this kind if there is none; `undefined` only reads. */
  readonly make?: KeyKind;
  /** Dry run: reports what would be made. */
  readonly wouldMake?: KeyKind;
  readonly listAuthorized?: boolean;
  readonly signal?: AbortSignal;
}

/** One look at a host. @throws KubewrightError or TransportError. */
export async function look(host: KeyHost, o: LookOptions): Promise<Found> {
  const kind = o.make ?? o.wouldMake;
  const program = joinShell([
    assign({
      dry: o.make ? '' : 'yes',
      type: kind?.type ?? '',
      bits: kind?.bits === undefined ? '' : String(kind.bits),
      list: o.listAuthorized ? 'yes' : '',
    }),
    LOOK,
  ]);
  const fields = await runAs(host, program, undefined, o.signal);
  const values = (tag: string): string[] => fields.flatMap(([t, v]) => (t === tag && v !== undefined ? [v] : []));
  const [file, line] = fields.find(([t]) => t === 'key')?.slice(1) ?? [];
  const key = line === undefined ? undefined : parsePublicKey(line);
  if (line !== undefined && !key) {
    throw new KubewrightError({
      what: `${file}.pub does not contain a public key`,
      where: host.name,
      fix: 'Remove it on the host: the public key can be derived from the private one',
    });
  }
  const keys = (tag: string): PublicKey[] => values(tag).flatMap((v) => parsePublicKey(v) ?? []);
  return {
    key,
    keyFile: key && file,
    all: [...(key ? [key] : []), ...keys('other')],
    hostKeys: hostKeysOf(host, values('host')),
    authorized: keys('authorized'),
    pending: new Map(
      fields.flatMap(([t, name, text]) => {
        const pub = t === 'pending' ? parsePublicKey(text ?? '') : undefined;
        return pub && name ? [[name, pub] as const] : [];
      }),
    ),
    ...changesOf(fields),
  };
}

/** The changes and notes that a program reported. */
export function changesOf(fields: readonly string[][]): { changes: Change[]; notes: string[] } {
  return {
    changes: fields.flatMap(([tag, kind, file, count, names]) =>
      tag === 'change' && kind && file
        ? [{ kind: kind as ChangeKind, file, count: Number(count), names: (names ?? '').split(',').filter((n) => n !== '') }]
        : [],
    ),
    notes: fields.flatMap(([tag, text]) => (tag === 'note' && text ? [text] : [])),
  };
}

/**
 * The host keys from the host's files, read over the verified connection. If the key of the connection is not
 * among them, another sshd answers there: then only the verified key is trusted.
 */
function hostKeysOf(host: KeyHost, lying: readonly string[]): string[] {
  const keys = lying.flatMap((l) => parsePublicKey(l) ?? []).map((k) => `${k.type} ${k.blob}`);
  const wire = host.session.hostKey?.toString('base64');
  if (wire === undefined || keys.some((k) => k.endsWith(` ${wire}`))) return keys;
  const type = parsePublicKey(`${wireType(wire)} ${wire}`)?.type;
  return type === undefined ? [] : [`${type} ${wire}`];
}

function wireType(base64: string): string {
  const wire = Buffer.from(base64, 'base64');
  return wire.length < 4 ? '' : wire.subarray(4, 4 + wire.readUInt32BE(0)).toString('latin1');
}

const LOOK = rawShell(`
make() {
  directory
  lock
  tmp=$(mktemp -d "$ssh/id_$type.kw-XXXXXX")
  key=$tmp/id_$type
  ssh-keygen -q -t "$type" \${bits:+-b "$bits"} -N '' -C "$account@$(uname -n)" -f "$key" </dev/null >&2 || die 'no key pair could be made'
  IFS= read -r made < "$key.pub" || die 'no key pair could be made'
  flush "$key"
  chmod 644 "$key.pub"
  # The private key last: a public key without it is ignored and made again.
  mv -f "$key.pub" "$key" "$ssh/"
  rm -rf "$tmp"
  tmp=
  label "$ssh"
  flush "$ssh"
}
# The first line of a file, without what separates the fields of an answer. Nothing if there is none. FILE
first() {
  line=
  [ ! -s "$1" ] || IFS= read -r line < "$1" || :
  line=\${line%"$cr"}
  case $line in *"$tab"* | *"$cr"*) line=$(printf '%s' "$line" | tr '\\t' ' ' | tr -d '\\r') ;; esac
}
# The second word of a line becomes $blob. LINE
second() {
  blob=\${1#* }
  [ "$blob" != "$1" ] || blob=
  blob=\${blob%% *}
}
# The line of the public key; the private one decides. PRIVATE-KEY
public() {
  derived=$(ssh-keygen -y -P '' -f "$1" </dev/null 2>/dev/null) || derived=
  first "$1.pub"
  if [ -z "$derived" ]; then
    [ -n "$line" ] || die "$1 has a passphrase, and $1.pub is missing"
    note "$1 has a passphrase: logins with it will ask for it"
    return 0
  fi
  second "$line"
  written=$blob
  second "$derived"
  [ "$written" != "$blob" ] || return 0
  [ -z "$line" ] || note "$1.pub does not belong to $1; the private key counts"
  line=\${derived%"$cr"}
}
tab='\t'
cr='\r'
made=
found=
for t in ed25519 ecdsa rsa; do
  if [ -s "$ssh/id_$t" ]; then found=$ssh/id_$t; break; fi
done
if [ -n "$type" ]; then
  command -v ssh-keygen >/dev/null 2>&1 || die 'ssh-keygen is missing: install openssh-client (openssh-clients)'
  if [ -n "$found" ]; then
    is=$(owner_mode "$found")
    owned "$found" "\${is% *}"
    # ssh refuses private keys that other users can read.
    moded "$found" "\${is#* }" 600 77
  else
    [ -n "$dry" ] || { make; found=$ssh/id_$type; }
    change made "$ssh/id_$type" 1 "$type"
  fi
fi
if [ -n "$found" ]; then
  # What was just made need not be derived.
  if [ -n "$made" ]; then line=$made; else public "$found"; fi
  printf 'key\\t%s\\t%s\\n' "$found" "$line"
  for t in ed25519 ecdsa rsa ecdsa_sk ed25519_sk; do
    f=$ssh/id_$t
    [ "$f" != "$found" ] && [ -s "$f.pub" ] || continue
    first "$f.pub"
    printf 'other\\t%s\\n' "$line"
  done
fi
for f in "$ssh"/id_*.kw-new.pub "$ssh"/id_*.kw-old.pub; do
  [ -s "$f" ] || continue
  first "$f"
  printf 'pending\\t%s\\t%s\\n' "\${f##*/}" "$line"
done
for f in /etc/ssh/ssh_host_*_key.pub; do
  [ -s "$f" ] || continue
  read -r kind blob comment < "$f" || :
  printf 'host\\t%s %s\\n' "$kind" "$blob"
done
if [ -n "$list" ] && [ -f "$ssh/authorized_keys" ]; then
  # Leading options are dropped: a space inside quotes does not end them.
  tr -d '\\r' < "$ssh/authorized_keys" | grep -v '^[[:blank:]]*#' |
    grep -oE '(ssh|ecdsa|sk)-[A-Za-z0-9@.-]+[[:blank:]]+AAAA[A-Za-z0-9+/=]+.*' | tr '\\t' ' ' | awk '{ print "authorized\\t" $0 }' || :
fi
`);
