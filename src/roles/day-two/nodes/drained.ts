import { type Shell, sh } from '../../../shell/shell.js';

/** Succeeds when no pod is left on a node but those of DaemonSets and the static ones: they stay until the host stops. */
export function drained(api: Shell, node: string): Shell {
  return sh`
          left=$(${api} get pods --all-namespaces --field-selector ${`spec.nodeName=${node}`} -o ${'jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind} {.status.phase}{"\\n"}{end}'})
          [ -z "$(printf '%s\n' "$left" | grep -vE '^(DaemonSet|Node) | (Succeeded|Failed)$|^$')" ]`;
}
