import type { Warning } from '../../base/errors.js';
import { hostsText } from '../../base/text/host-ranges.js';
import type { HostFacts } from '../../facts/facts.js';

const DAY = 86_400_000;
/** Days before its end from which a certificate is named in every run. */
const WARN_DAYS = 60;
/** kubelets renew their client certificates when at most 30 % of a year are left; half of the limit says that one does not. */
const RENEWS_ITSELF = /\/kubelet-client-current\.pem$/;

/** One warning for all certificates that end soon: nothing else tells an operator before the cluster stops. */
export function endingCertificates(allFacts: ReadonlyMap<string, HostFacts>, now: number): readonly Warning[] {
  const ending = [...allFacts].flatMap(([host, facts]) =>
    (facts.living?.certificates ?? [])
      .filter((c) => (c.endsAt - now) / DAY < (RENEWS_ITSELF.test(c.path) ? WARN_DAYS / 2 : WARN_DAYS))
      .map((c) => ({ host, ...c })),
  );
  const [first] = ending.toSorted((a, b) => a.endsAt - b.endsAt);
  if (!first) return [];
  const days = Math.floor((first.endsAt - now) / DAY);
  const hosts = hostsText([...new Set(ending.map((c) => c.host))]);
  return [
    {
      what: `${ending.length === 1 ? 'A certificate ends' : `${ending.length} certificates end`} within ${WARN_DAYS} days`,
      where: hosts,
      why: `${first.path} on ${first.host} ${days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`}`,
      fix: 'Run kubewright certs renew; kubewright certs check lists them all',
    },
  ];
}
