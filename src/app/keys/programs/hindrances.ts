import { joinShell, rawShell } from '../../../shell/shell.js';
import type { KeyHost } from '../model/model.js';
import { assign, runAs } from './remote.js';

/** What on a host may keep a key from logging in to the account: lines of sshd's configuration, and of the account. */
export async function hindrances(host: KeyHost, signal?: AbortSignal): Promise<string[]> {
  const fields = await runAs(host, joinShell([assign({ dry: 'yes' }), LOOK]), undefined, signal);
  return fields.flatMap(([tag, text]) => (tag === 'because' && text ? [text] : []));
}

/** The effective settings where root may be asked without a password, else the files. */
const LOOK = rawShell(`
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
because() { printf 'because\\t%s\\n' "$*"; }
root() { if [ "$uid" = 0 ]; then "$@"; else sudo -n "$@"; fi 2>/dev/null </dev/null; }
said=$(root sshd -T -C "user=$account,host=localhost,addr=127.0.0.1") || said=
included() {
  awk 'tolower($1) == "include" { for (i = 2; i <= NF; i++) print ($i ~ /^\\// ? "" : "/etc/ssh/") $i }' /etc/ssh/sshd_config
}
[ -n "$said" ] || said=$(cat /etc/ssh/sshd_config $(included) 2>/dev/null) || :
printf '%s\\n' "$said" | awk -v account="$account" '
  { sub(/^[ \\t]+/, ""); sub(/[ \\t]+$/, ""); line = $0; $0 = tolower($0); sub(/[ \\t=]+/, " ") }
  /^authorizedkeysfile / && !/^authorizedkeysfile (%h\\/)?\\.ssh\\/authorized_keys( |$)/ { print line }
  /^authorizedkeyscommand / && $2 != "none" { print line }
  /^pubkeyauthentication / && $2 == "no" { print line }
  /^(allow|deny)(users|groups) / { print line }
  /^permitrootlogin (no|forced-commands-only)/ && account == "root" { print line }
  /^forcecommand / && $2 != "none" { print line }
  /^authenticationmethods / && $2 != "any" && $2 != "publickey" { print line }
  /^match / { print line }' | sort -u | while IFS= read -r line; do because "sshd_config: $line"; done
entry=$(getent passwd "$account" 2>/dev/null || grep "^$account:" /etc/passwd) || entry=
shell=\${entry##*:}
case $shell in
  */nologin | */false | */true) because "the login shell of $account is $shell" ;;
  ?*) [ -x "$shell" ] || because "the login shell of $account is $shell, which is not there" ;;
esac
ends=$(root getent shadow "$account" | cut -d : -f 8) || ends=
[ -z "$ends" ] || [ "$ends" -gt $(($(date +%s) / 86400)) ] || because "the account $account has expired (chage -l $account)"
[ ! -e /etc/nologin ] || because '/etc/nologin exists: only root may log in'
`);
