import { formatLabelled, lookOf } from '../../../base/text/render-error.js';
import { stdoutColumns, tableLines } from '../../../base/text/table.js';
import { TransportError } from '../../../transport/errors.js';
import { requireAny, withHosts } from '../ask.js';
import { type OperationOptions, readForLook } from '../operation.js';
import { lookAtCerts } from './look.js';
import { daysLeft, endingWithin, type HostCert } from './model.js';

export type CertsCheckOptions = Pick<OperationOptions, 'inventory' | 'extraVars' | 'vault' | 'bundle' | 'connection'> & {
  readonly json: boolean;
  /** Days. */
  readonly within: number;
};

/** `certs check`. @returns 0; 1: a certificate ends within the limit; 3: a host could not be asked. */
export async function certsCheck(o: CertsCheckOptions): Promise<number> {
  const { cluster, ...source } = await readForLook(o);
  const now = Date.now();
  const { certs, failures } = await withHosts({ cluster, ...source }, cluster.hosts, o.connection, async (asker) => {
    requireAny(asker, cluster.hosts.length);
    const { certs, asked } = await lookAtCerts(cluster, asker);
    return { certs, failures: asked.failures };
  });
  const ending = new Set(endingWithin(certs, o.within, now));
  if (o.json) {
    const list = certs.map((c) => ({
      ...c,
      ends: new Date(c.ends).toISOString(),
      daysLeft: daysLeft(c, now),
      ending: ending.has(c),
    }));
    const unreachable = Object.fromEntries([...failures].map(([host, error]) => [host, error.message]));
    process.stdout.write(`${JSON.stringify({ within: o.within, certificates: list, unreachable }, undefined, 2)}\n`);
  } else {
    process.stdout.write(`${table(certs, ending, now).join('\n')}\n`);
    if (ending.size > 0) process.stdout.write(`\n${advice([...ending], o.within)}\n`);
  }
  for (const error of failures.values()) {
    const parts = error instanceof TransportError ? error.parts : { what: error.message };
    process.stderr.write(`${formatLabelled('error', parts, lookOf(process.stderr))}\n`);
  }
  return ending.size > 0 ? 1 : failures.size > 0 ? 3 : 0;
}

function table(certs: readonly HostCert[], ending: ReadonlySet<HostCert>, now: number): string[] {
  const rows = certs.map((c) => {
    const days = daysLeft(c, now);
    const left = days < 0 ? `ended ${-days} days ago` : `${days} days`;
    return [c.host, c.path, new Date(c.ends).toISOString().slice(0, 10), left, ending.has(c) ? '<' : ''];
  });
  return tableLines([['HOST', 'CERTIFICATE', 'ENDS', 'LEFT', ''], ...rows], stdoutColumns());
}

/** What to do about certificates that end soon; one sentence for each remedy. */
export function advice(ending: readonly HostCert[], within: number): string {
  const renewable = ending.filter((c) => c.kind !== 'ca' && c.kind !== 'kubelet-client').length;
  const cas = ending.filter((c) => c.kind === 'ca');
  const clients = ending.filter((c) => c.kind === 'kubelet-client');
  return [
    `${ending.length} of the certificates ${ending.length === 1 ? 'ends' : 'end'} within ${within} days.`,
    ...(renewable > 0 ? ['kubewright certs renew makes them again, without downtime.'] : []),
    ...(clients.length > 0
      ? [`The kubelet of ${clients.map((c) => c.host).join(', ')} has not renewed its own: journalctl -u kubelet there says why.`]
      : []),
    ...(cas.length > 0 ? [`A CA is not replaced by any command yet: ${cas.map((c) => `${c.host}:${c.path}`).join(', ')}.`] : []),
  ].join(' ');
}
