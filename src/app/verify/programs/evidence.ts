import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import type { Evidence } from '../model.js';
import { fields } from '../remote.js';
import { PROLOGUE } from './prologue.js';

/** UDP ports of encapsulations: VXLAN, flannel's and Cilium's VXLAN, Geneve, WireGuard. */
const PORTS = '4789|8472|6081|51820';

/** Looks for what may stop packets between nodes. The network plugin's own rules, which Calico marks, are left out. */
export function evidenceProgram(): Shell {
  const rules = `(port(s)?|multiport) .*\\b(${PORTS})\\b|-p (4|ipencap|ipip)\\b|protocol (4|ipencap)\\b`;
  return joinShell([
    PROLOGUE,
    sh`
      if have iptables-save; then
        iptables-save 2>/dev/null | grep -E -- '-j (DROP|REJECT)' | grep -E -- ${rules} | grep -v 'cali[:-]' | head -n 3 |
          while IFS= read -r rule; do say rule "$rule"; done
      fi
      if have nft; then
        nft list ruleset 2>/dev/null | grep -E '\\b(drop|reject)\\b' | grep -E ${`port.*\\b(${PORTS})\\b`} | grep -v 'cali[:-]' | head -n 3 |
          while IFS= read -r rule; do say rule "nft: $(printf '%s' "$rule" | flat)"; done
      fi
      say forwarding "$(cat /proc/sys/net/ipv4/ip_forward)"
      for unit in firewalld ufw nftables; do
        if [ "$(systemctl is-active "$unit" 2>/dev/null)" = active ]; then say firewall "$unit"; fi
      done`,
  ]);
}

export function parseEvidence(node: string, out: string): Evidence {
  const lines = fields(out);
  const all = (key: string): string[] => lines.filter((l) => l[0] === key).map((l) => (l[1] ?? '').trim());
  return { node, rules: all('rule'), forwarding: all('forwarding')[0] !== '0', firewalls: all('firewall') };
}
