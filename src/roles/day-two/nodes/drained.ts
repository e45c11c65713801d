import { type Shell, sh } from '../../../shell/shell.js';
import { TOLERATES_CORDON, TOLERATIONS } from '../../kubernetes/node/tolerates-cordon.js';

/**
 * Succeeds when no pod is left on a node but those of DaemonSets and the static ones, which stay until the host stops, and those of
 * controllers that come back onto a cordoned node.
 */
export function drained(api: Shell, node: string): Shell {
  const pods = `jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind}|{.status.phase}|${TOLERATIONS}{"\\n"}{end}`;
  const stays = `$1 == "DaemonSet" || $1 == "Node" || $2 == "Succeeded" || $2 == "Failed" || ($1 != "" && $3 ~ ${TOLERATES_CORDON})`;
  return sh`
          left=$(${api} get pods --all-namespaces --field-selector ${`spec.nodeName=${node}`} -o ${pods})
          [ -z "$(printf '%s\n' "$left" | awk -F '|' ${`NF > 1 && !(${stays})`})" ]`;
}
