import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { joinShell, type Shell, sh } from '../shell/shell.js';
import type { Session } from '../transport/port.js';
import { runScript } from './run-script.js';

/** One machine of the mesh. */
export interface KeyHost {
  readonly name: string;
  readonly session: Session;
  /** Names and addresses under which the others may call it. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Account whose keys are meant. */
  readonly account: string;
}

export interface KeyResult {
  readonly host: string;
  /** What was made or added; empty: everything was there already. */
  readonly changes: readonly string[];
  /** Why it could not be done; the other machines are finished all the same. */
  readonly error?: string;
}

interface Collected {
  readonly made: boolean;
  readonly publicKey: string;
  readonly hostKeys: readonly string[];
}

/**
 * Key pairs where there are none, every public key in every other authorized_keys, every host key in every other
 * known_hosts, the operator's own key everywhere. Two execs a machine. The host keys are those that the machine showed
 * over its verified connection, so nothing is trusted that a scan of the network would have to believe.
 */
export async function distributeKeys(hosts: readonly KeyHost[], operatorKeys: readonly string[]): Promise<KeyResult[]> {
  const results = new Map<string, KeyResult>();
  const collected = new Map<string, Collected>();
  await Promise.all(
    hosts.map(async (h) => {
      try {
        collected.set(h.name, parse(await runScript(h.session, collectScript(h.account), becomes(h))));
      } catch (error) {
        results.set(h.name, { host: h.name, changes: [], error: messageOf(error) });
      }
    }),
  );
  await Promise.all(
    hosts.map(async (h) => {
      const own = collected.get(h.name);
      if (!own) return;
      const others = hosts.filter((o) => o !== h && collected.has(o.name));
      const authorized = [...operatorKeys, ...others.map((o) => collected.get(o.name)?.publicKey ?? '')];
      const known = others.flatMap((o) => knownLines(o, collected.get(o.name)?.hostKeys ?? []));
      try {
        const out = await runScript(h.session, mergeScript(h.account, authorized, known), becomes(h));
        const changes = out.split('\n').filter((l) => l !== '');
        results.set(h.name, { host: h.name, changes: own.made ? ['made a key pair', ...changes] : changes });
      } catch (error) {
        results.set(h.name, { host: h.name, changes: [], error: messageOf(error) });
      }
    }),
  );
  return hosts.map((h) => results.get(h.name) ?? { host: h.name, changes: [] });
}

/** The operator's public keys: ~/.ssh/id_*.pub, in OpenSSH's order. */
export async function operatorPublicKeys(): Promise<string[]> {
  const texts = await Promise.all(
    ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((f) => readFile(join(homedir(), '.ssh', `${f}.pub`), 'utf8').catch(() => '')),
  );
  return texts.map((t) => t.trim()).filter((t) => t !== '');
}

function becomes(h: KeyHost): boolean {
  return h.account !== h.session.target.user;
}

/** Entries as OpenSSH writes them: `name,address type key`, in brackets where the port is another one. */
export function knownLines(host: Pick<KeyHost, 'addresses' | 'port'>, keys: readonly string[]): string[] {
  const names = host.addresses.map((a) => (host.port === 22 ? a : `[${a}]:${host.port}`)).join(',');
  return keys.map((k) => `${names} ${k}`);
}

function parse(output: string): Collected {
  const lines = output.split('\n').map((l) => l.split('\t'));
  const publicKey = lines.find(([k]) => k === 'public')?.[1] ?? '';
  if (publicKey === '') throw new Error('the machine showed no public key');
  return {
    made: lines.some(([k]) => k === 'made'),
    publicKey,
    hostKeys: lines.flatMap(([k, v]) => (k === 'host' && v ? [v] : [])),
  };
}

function prologue(account: string): Shell {
  return sh`
    umask 077
    account=${account}
    home=$(getent passwd "$account" | cut -d: -f6)
    [ -n "$home" ] && [ -d "$home" ] || { echo "account $account has no home folder" >&2; exit 1; }
    ssh=$home/.ssh
    own() { [ "$(id -u)" -ne 0 ] || chown "$account:$(id -gn "$account")" "$@"; }
    if [ ! -d "$ssh" ]; then mkdir -m 700 "$ssh"; own "$ssh"; fi
    [ "$(stat -c %a "$ssh")" = 700 ] || chmod 700 "$ssh"`;
}

function collectScript(account: string): Shell {
  return joinShell([
    prologue(account),
    sh`
      command -v ssh-keygen >/dev/null || { echo 'ssh-keygen is missing: install openssh-client' >&2; exit 1; }
      found=
      for type in ed25519 ecdsa rsa; do
        if [ -s "$ssh/id_$type" ]; then found=$ssh/id_$type; break; fi
      done
      if [ -z "$found" ]; then
        found=$ssh/id_ed25519
        ssh-keygen -q -t ed25519 -N '' -C "$account@$(uname -n)" -f "$found" </dev/null
        own "$found" "$found.pub"
        printf 'made\\t%s\\n' "$found"
      fi
      if [ -s "$found.pub" ]; then key=$(cat "$found.pub"); else key=$(ssh-keygen -y -P '' -f "$found" </dev/null); fi
      printf 'public\\t%s\\n' "$key"
      for f in /etc/ssh/ssh_host_*_key.pub; do
        [ ! -s "$f" ] || printf 'host\\t%s\\n' "$(cut -d ' ' -f 1,2 "$f")"
      done`,
  ]);
}

/** Appends what is missing; what stands there stays, byte for byte. Written beside its place, synced, renamed. */
function mergeScript(account: string, authorized: readonly string[], known: readonly string[]): Shell {
  return joinShell([
    prologue(account),
    sh`
      present() { # a whole word of a line that is no comment
        awk -v n="$1 " '!/^[ \\t]*#/ && index($0 " ", n) {found = 1} END {exit !found}' "$tmp"
      }
      merge() { # FILE WHAT: adds the lines of stdin that are missing
        file=$1 count=0
        tmp=$(mktemp "$file.kw-XXXXXX")
        trap 'rm -f "$tmp"' EXIT
        if [ -f "$file" ]; then
          cat "$file" > "$tmp"
          [ -z "$(tail -c 1 "$tmp")" ] || echo >> "$tmp"
        fi
        while IFS= read -r line; do
          # Keys are the same whatever comment follows them.
          case $2 in keys) needle=$(printf '%s' "$line" | cut -d ' ' -f 1,2) ;; *) needle=$line ;; esac
          [ -z "$line" ] || present "$needle" || { printf '%s\\n' "$line" >> "$tmp"; count=$((count + 1)); }
        done
        if [ $count -gt 0 ]; then
          chmod 600 "$tmp"
          own "$tmp"
          sync "$tmp" 2>/dev/null || sync
          mv -f "$tmp" "$file"
          echo "added $count $2 to $file"
        else
          rm -f "$tmp"
        fi
        trap - EXIT
      }`,
    sh`printf '%s\\n' ${authorized} | merge "$ssh/authorized_keys" keys`,
    sh`printf '%s\\n' ${known.length > 0 ? known : ['']} | merge "$ssh/known_hosts" 'host keys'`,
  ]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
