import type { ErrorParts } from '../../base/errors.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { VarValue } from '../../inventory/model/values.js';

/** kubespray's settings that protect a cluster and that Kubewright lacks, and what is missing then. */
const PROTECTIONS: Readonly<Record<string, string>> = {
  kube_encrypt_secret_data: 'secrets would lie in etcd unencrypted',
  kubernetes_audit: 'nothing would be written into an audit log',
  kubernetes_audit_webhook: 'nothing would be sent to the audit webhook',
  kube_oidc_auth: 'users could not log in by OpenID Connect',
  kube_webhook_token_auth: 'the webhook would not be asked whose a token is',
  kube_webhook_authorization: 'the webhook would not be asked what is allowed',
  remove_anonymous_access: 'anonymous access would stay',
  kube_pod_security_use_default: 'pods would have no security defaults',
  podsecuritypolicy_enabled: 'pods would be bound by no policy',
  kubelet_rotate_server_certificates: 'kubelets would keep the certificates that they sign themselves',
  kubelet_secure_addresses: 'every address could ask the kubelet',
};

/** Protections that are switched on and would be missing without a word. */
export function securityProblems(inventory: Inventory): ErrorParts[] {
  const found = new Map<string, ErrorParts>();
  for (const host of inventory.hosts.values()) {
    for (const [name, without] of Object.entries(PROTECTIONS)) {
      const variable = found.has(name) ? undefined : host.vars.get(name);
      if (!variable || !isOn(renderedValue(variable))) continue;
      found.set(name, {
        what: `${name} is on, and Kubewright cannot do that yet`,
        where: variable.source,
        why: `The cluster would come up without it: ${without}`,
        fix: `Remove it or set it to false if that is acceptable`,
      });
    }
  }
  return [...found.values()];
}

/** Whether this is one of those settings. */
export function isProtection(name: string, value: unknown): boolean {
  return Object.hasOwn(PROTECTIONS, name) && isOn(value);
}

function renderedValue(variable: { readonly value: VarValue }): unknown {
  try {
    return variable.value;
  } catch {
    // A template that cannot be rendered switches nothing on.
    return undefined;
  }
}

function isOn(value: unknown): boolean {
  if (typeof value === 'string')
    return /^(true|yes|on|1)$/i.test(value.trim()) || (/^[\d.:, a-f]+$/i.test(value) && value.length > 6);
  return value === true || (Array.isArray(value) && value.length > 0);
}
