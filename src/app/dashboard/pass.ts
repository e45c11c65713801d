import { randomBytes } from 'node:crypto';
import { KubewrightError } from '../../base/errors.js';
import { type Shell, sh } from '../../shell/shell.js';
import type { Session } from '../../transport/types.js';
import { answerOf } from '../access/answer.js';

const NAMESPACE = 'kube-system';

export interface PassRequest {
  /** Service account that the token is for. */
  readonly account: string;
  /** Seconds. */
  readonly ttl: number;
}

/** What opens the dashboard: for one session, and void when it has ended. */
export interface Pass {
  readonly token: string;
  readonly until: Date;
  /** Of the Service, as the control plane reaches it. */
  readonly address: string;
  readonly port: number;
}

/** `absent`: no dashboard of ours is in the cluster; `down`: one that does not run. */
type Refusal = 'absent' | 'down';

/**
 * A token for one session. It is bound to an empty Secret, so that it is void as soon as that is deleted, long before it expires; sessions
 * that were cut off leave theirs to the next one, or to the account that owns them.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ (boundObjectRef)
 */
export class PassDesk {
  readonly #session: Session;
  readonly #kubectl: Shell;
  readonly #secret = `kubewright-dashboard-${randomBytes(6).toString('hex')}`;

  constructor(session: Session, binDir: string) {
    this.#session = session;
    this.#kubectl = sh`${`${binDir}/kubectl`} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s -n ${NAMESPACE}`;
  }

  /** @throws KubewrightError */
  async issue(r: PassRequest, signal?: AbortSignal): Promise<Pass | Refusal> {
    const k = this.#kubectl;
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: this.#secret,
        labels: { 'kubewright/dashboard-until': String(Math.ceil(Date.now() / 1000) + r.ttl) },
        ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceAccount', name: r.account, uid: '@uid@' }],
      },
    };
    const [before = '', after = ''] = JSON.stringify(secret).split('@uid@');
    const text = await answerOf(
      this.#session,
      'give access to the dashboard',
      sh`
        set -eu
        service=$(${k} get service headlamp --ignore-not-found -o ${"jsonpath={.metadata.labels['kubewright/addon']} {.spec.clusterIP} {.spec.ports[0].port}"})
        case $service in 'headlamp '*) ;; *) echo absent; exit 0 ;; esac
        ready=$(${k} get deployment headlamp --ignore-not-found -o 'jsonpath={.status.readyReplicas}')
        [ "\${ready:-0}" -gt 0 ] || { echo down; exit 0; }
        ${k} get secret -l kubewright/dashboard-until -o ${`jsonpath={range .items[*]}{.metadata.name} {.metadata.labels['kubewright/dashboard-until']}{"\\n"}{end}`} |
          awk -v now="$(date +%s)" 'NF == 2 && $2 < now { print $1 }' |
          while read -r old; do ${k} delete secret "$old" --ignore-not-found >/dev/null; done
        account=$(${k} get serviceaccount ${r.account} -o 'jsonpath={.metadata.uid}')
        secret=$(printf '%s%s%s' ${before} "$account" ${after} | ${k} create -f - -o 'jsonpath={.metadata.uid}')
        echo "service \${service#headlamp }"
        printf 'token '
        ${k} create token ${r.account} --duration=${`${r.ttl}s`} --bound-object-kind=Secret --bound-object-name=${this.#secret} --bound-object-uid="$secret"`,
      signal,
    );
    const line = text.trim();
    if (line === 'absent' || line === 'down') return line;
    const [, address = '', port] = /^service (\S+) (\d+)$/m.exec(text) ?? [];
    const token = /^token ([\w.-]+)$/m.exec(text)?.[1];
    if (token === undefined || port === undefined)
      throw new KubewrightError({
        what: `${this.#session.target.name} gave no token for the dashboard`,
        fix: 'Run the command again',
      });
    return { token, until: expiry(token), address, port: Number(port) };
  }

  /** Makes the token void. @throws KubewrightError */
  async revoke(): Promise<void> {
    await answerOf(
      this.#session,
      'take the access to the dashboard back',
      sh`${this.#kubectl} delete secret ${this.#secret} --ignore-not-found >/dev/null`,
    );
  }
}

/** When a token of Kubernetes ends: the API server may give less than was asked for. */
function expiry(token: string): Date {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return new Date(Number((claims as { exp?: number }).exp) * 1000);
}
