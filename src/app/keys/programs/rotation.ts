import { KubewrightError } from '../../../base/errors.js';
import { joinShell, rawShell } from '../../../shell/shell.js';
import type { Change, KeyHost, KeyKind } from '../model/model.js';
import { type PublicKey, parsePublicKey } from '../model/public-key.js';
import { changesOf } from './look.js';
import { assign, runAs } from './remote.js';

/** A host's pair of a rotation. Files are names below ~/.ssh. */
export interface Pair {
  /** The private key to replace; `key` is its public half. */
  readonly file: string;
  readonly key: PublicKey;
}

/**
 * Makes the new pair beside the old one (`id_TYPE.kw-new`), or finishes an interrupted rotation: an existing pair
 * is used, one that was half in place is put there.
 *
 * @returns the new public key; undefined: the host has already switched.
 */
export async function prepareNew(
  host: KeyHost,
  old: Pair,
  kind: KeyKind,
  id: string,
  signal?: AbortSignal,
): Promise<Pair | undefined> {
  const bits = kind.bits === undefined ? '' : String(kind.bits);
  const fields = await runAs(
    host,
    joinShell([assign({ dry: '', old: old.file, type: kind.type, bits, id }), PREPARE]),
    undefined,
    signal,
  );
  const [file, line] = fields.find(([t]) => t === 'new')?.slice(1) ?? [];
  if (file === undefined) return undefined;
  const key = parsePublicKey(line ?? '');
  if (key) return { file, key };
  throw new KubewrightError({
    what: `${file}.pub does not contain a public key`,
    where: host.name,
    fix: `Remove ${file}* in ~/.ssh there and run the same command again`,
  });
}

/** Replaces the old pair by the new one. If interrupted at any point, one of them can log in: both are known everywhere. */
export async function switchPair(host: KeyHost, old: Pair, next: Pair, signal?: AbortSignal): Promise<Change[]> {
  const program = joinShell([
    assign({ dry: '', old: old.file, new: next.file, oldKey: `${old.key.type} ${old.key.blob}` }),
    SWITCH,
  ]);
  return changesOf(await runAs(host, program, undefined, signal)).changes;
}

/** The old key is gone everywhere: its note is removed too. */
export async function forgetOld(host: KeyHost, signal?: AbortSignal): Promise<void> {
  await runAs(
    host,
    joinShell([assign({ dry: '' }), rawShell('lock\nrm -f "$ssh"/id_*.kw-old.pub\nflush "$ssh"')]),
    undefined,
    signal,
  );
}

const PREPARE = rawShell(`
lock
for new in "$ssh"/id_*.kw-new; do
  [ -e "$new" ] || continue
  if [ -s "$new" ] && [ -s "$new.pub" ]; then
    printf 'new\\t%s\\t%s\\n' "\${new##*/}" "$(head -n 1 "$new.pub")"
    exit 0
  fi
  # Without its public half it is not known anywhere yet.
  rm -f "$new" "$new.pub"
done
for pub in "$ssh"/id_*.kw-new.pub; do
  [ -e "$pub" ] || continue
  # The private half is already in place.
  mv -f "$pub" "\${pub%.kw-new.pub}.pub"
done
switched=
for note in "$ssh"/id_*.kw-old.pub; do
  [ -s "$note" ] || continue
  switched=yes
  file=\${note%.kw-old.pub}
  # A pair of another type is beside the old one, which was not removed yet.
  if [ -s "$file" ]; then
    derived=$(ssh-keygen -y -P '' -f "$file" </dev/null | cut -d ' ' -f 2)
    [ "$derived" != "$(cut -d ' ' -f 2 "$note")" ] || rm -f "$file" "$file.pub"
  fi
done
[ -z "$switched" ] || exit 0
if [ "id_$type" != "$old" ] && [ -e "$ssh/id_$type" ]; then die "$ssh/id_$type already exists and is not a key that was distributed: choose another --type"; fi
tmp=$(mktemp -d "$ssh/id_$type.kw-XXXXXX")
ssh-keygen -q -t "$type" \${bits:+-b "$bits"} -N '' -C "$account@$(uname -n) rotated:$id" -f "$tmp/key" </dev/null >&2 || die 'no key pair could be made'
chmod 644 "$tmp/key.pub"
flush "$tmp/key"
mv -f "$tmp/key" "$ssh/id_$type.kw-new"
mv -f "$tmp/key.pub" "$ssh/id_$type.kw-new.pub"
rm -rf "$tmp"
tmp=
label "$ssh"
flush "$ssh"
printf 'new\\t%s\\t%s\\n' "id_$type.kw-new" "$(head -n 1 "$ssh/id_$type.kw-new.pub")"
`);

const SWITCH = rawShell(`
lock
place=\${new%.kw-new}
# What the others must still forget if this is interrupted.
note=$ssh/$old.kw-old.pub
if [ ! -s "$note" ]; then
  tmp=$(mktemp "$note.kw-XXXXXX")
  printf '%s\\n' "$oldKey" > "$tmp"
  flush "$tmp"
  mv -f "$tmp" "$note"
  tmp=
fi
# ssh derives a missing public key; a wrong file would mislead it.
rm -f "$ssh/$place.pub"
mv -f "$ssh/$new" "$ssh/$place"
mv -f "$ssh/$new.pub" "$ssh/$place.pub"
[ "$place" = "$old" ] || rm -f "$ssh/$old" "$ssh/$old.pub"
label "$ssh"
flush "$ssh"
change replaced "$ssh/$place" 1 "\${oldKey%% *},\${place#id_}"
`);
