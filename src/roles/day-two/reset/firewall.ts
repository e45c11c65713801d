import { type Shell, sh } from '../../../shell/shell.js';

/** Chains and rules of kube-proxy, the kubelet and Calico, by name or comment; and the rules of the static routes. */
const OURS = 'KUBE-|cali[-:]|--comment kubewright ';

/**
 * Takes out the rules that mention our chains, then the chains, each table in one step. Nothing is flushed, no policy is touched:
 * with a policy of DROP a flush would shut the operator out (kubernetes-sigs/kubespray#5812).
 *
 * Both variants of iptables are asked, where there are two: kube-proxy and Calico choose the one in use.
 */
export function removeRules(): Shell {
  return sh`
    for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
      command -v $save >/dev/null 2>&1 || continue
      restore=\${save%-save}-restore
      $save 2>/dev/null | awk -v ours=${OURS} '
        /^\\*/ { table = $0; n = 0; m = 0; next }
        /^:/ { name = substr($1, 2); if (name ~ /^(KUBE-|cali-)/) chains[++m] = name; next }
        /^-A / { if ($0 ~ ours) { chain = $2; if (chain !~ /^(KUBE-|cali-)/) { sub(/^-A/, "-D"); rules[++n] = $0 } } next }
        /^COMMIT/ {
          if (n + m > 0) {
            print table
            for (i = 1; i <= n; i++) print rules[i]
            for (i = 1; i <= m; i++) print "-F " chains[i]
            for (i = 1; i <= m; i++) print "-X " chains[i]
            print "COMMIT"
          }
        }' > "$KW_DIR/rules"
      [ ! -s "$KW_DIR/rules" ] || $restore --noflush < "$KW_DIR/rules"
    done
    if command -v nft >/dev/null 2>&1; then
      for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null || :; done
    fi
    if command -v ipset >/dev/null 2>&1; then
      for set in $(ipset list -n 2>/dev/null | grep -E '^(KUBE-|cali[46]0)'); do ipset destroy "$set" 2>/dev/null || :; done
    fi`;
}

/** Succeeds when none of it is left. */
export function noRules(): Shell {
  return sh`
    for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
      command -v $save >/dev/null 2>&1 || continue
      if $save 2>/dev/null | grep -qE ${OURS}; then exit 1; fi
    done`;
}
