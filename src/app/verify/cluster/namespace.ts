import { randomBytes } from 'node:crypto';
import { KubewrightError } from '../../../base/errors.js';
import { joinShell, sh } from '../../../shell/shell.js';
import { TTL_SEC } from '../programs/serve.js';
import { type Held, holdProgram } from '../remote.js';
import type { Kube } from './kube.js';
import { EXPIRES, LABEL, namespaceObject, SERVICE } from './objects.js';

export interface OwnNamespace {
  readonly name: string;
  /** Removes everything in it, and has the API take it away. @returns why something is left. */
  remove(): Promise<string | undefined>;
}

/**
 * Makes a namespace that goes when we do. A program on the control plane makes it and removes it when its stdin ends: at
 * our wish, when the connection or this process dies, and after TTL_SEC in any case. If that control plane dies as well, the next
 * run removes it (`removeExpired`).
 */
export async function makeNamespace(kube: Kube, now: number): Promise<OwnNamespace> {
  const name = `kubewright-verify-${randomBytes(4).toString('hex')}`;
  const object = JSON.stringify(namespaceObject(name, Math.round(now / 1000) + TTL_SEC));
  const held = holdProgram(
    kube.session,
    joinShell([
      kube.prologue,
      sh`
        trap '' HUP INT TERM PIPE
        removed() {
          ${kube.command} delete --raw ${`/api/v1/namespaces/${name}/pods?gracePeriodSeconds=0`} >/dev/null &&
            ${kube.command} -n ${name} delete service ${SERVICE} --ignore-not-found --wait=false >/dev/null &&
            ${kube.command} delete namespace ${name} --ignore-not-found --wait=false
        }
        if ! printf '%s' ${object} | ${kube.command} create -f - >/dev/null; then exit 1; fi
        echo ready
        timeout ${TTL_SEC} cat >/dev/null
        # What runs and what others react to goes now, in three requests. The rest is empty, and the controller manager's: it sweeps a
        # namespace 5 s after its deletion, kind by kind.
        for i in 1 2 3 4 5; do
          if out=$(removed 2>&1); then exit 0; fi
          sleep 2
        done
        printf '%s\\n' "$out" >&2
        exit 1`,
    ]),
  );
  if (!(await held.ready).includes('ready')) throw refusal(kube, held);
  return { name, remove: () => removed(kube, held, name) };
}

function refusal(kube: Kube, held: Held): KubewrightError {
  return new KubewrightError({
    what: 'No namespace could be made for the test pods',
    where: kube.session.target.name,
    why: held.err().split('\n').slice(-3).join('\n'),
    fix: "Does the API accept changes? 'kubectl create namespace NAME' on that control plane says more",
  });
}

async function removed(kube: Kube, held: Held, name: string): Promise<string | undefined> {
  await held.end();
  const said = held.err();
  if (said === '') return undefined;
  return `the namespace ${name} could not be removed from ${kube.session.target.name}: ${said.split('\n').at(-1)}`;
}

interface NamespaceObject {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Removes what earlier runs left behind, but not what belongs to one that may still be running. @returns the names. */
export async function removeExpired(kube: Kube, now: number): Promise<readonly string[]> {
  const { items } = await kube.json<{ items: readonly NamespaceObject[] }>('get', 'namespaces', '-l', LABEL);
  const expired = items.filter((n) => Number(n.metadata.annotations?.[EXPIRES] ?? 0) * 1000 < now).map((n) => n.metadata.name);
  if (expired.length > 0) await kube.text('delete', 'namespace', '--wait=false', ...expired);
  return expired;
}
