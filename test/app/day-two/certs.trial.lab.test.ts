import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasksThat } from '../../support/lab.js';
import { GO_BUNDLE } from '../../support/lab-bundles.js';
import { LOAD_NAMESPACE, type Load, lostWrites, type PointReport, sayReports } from '../../support/trial/load.js';
import { missingForTrial, trialLab } from '../../support/trial/trial-lab.js';

/** Certificates that end soon are made again while requests and writes go on. */
const lab = trialLab('certs', '3+2');
const reason = missingForTrial(GO_BUNDLE.dir);

/**
 * Signs the certificates of a host again, by the CAs that it has, so that 20 days are left: of the control plane, in its kubeconfigs, of
 * etcd. The keys stay.
 */
const SHORTEN = `
set -eu
sign() { # certificate key CA CA's-key
  openssl x509 -x509toreq -in "$1" -signkey "$2" -copy_extensions copyall -out /root/c.csr
  openssl x509 -req -in /root/c.csr -CA "$3" -CAkey "$4" -set_serial 0x$(openssl rand -hex 8) -days 20 -copy_extensions copyall -out /root/c.new
  cat /root/c.new > "$1"
}
cd /etc/kubernetes
for c in apiserver apiserver-kubelet-client; do sign pki/$c.crt pki/$c.key pki/ca.crt pki/ca.key; done
sign pki/front-proxy-client.crt pki/front-proxy-client.key pki/front-proxy-ca.crt pki/front-proxy-ca.key
umask 077
for f in admin super-admin controller-manager scheduler; do
  [ -e $f.conf ] || continue
  for part in certificate key; do sed -n "s/^ *client-$part-data: *//p" $f.conf | base64 -d > /root/$part; done
  sign /root/certificate /root/key pki/ca.crt pki/ca.key
  sed -i "s|client-certificate-data: .*|client-certificate-data: $(base64 -w0 /root/certificate)|" $f.conf
done
cd /etc/ssl/etcd/ssl
for c in *.pem; do
  case $c in *-key.pem | ca.pem) ;; *) sign $c \${c%.pem}-key.pem ca.pem ca-key.pem ;; esac
done
sign /etc/kubernetes/pki/apiserver-etcd-client.crt /etc/kubernetes/pki/apiserver-etcd-client.key ca.pem ca-key.pem
rm -f /root/c.csr /root/c.new /root/certificate /root/key
`;

interface Listed {
  readonly host: string;
  readonly path: string;
  readonly daysLeft: number;
}

async function check(): Promise<{ code: number; soon: string[] }> {
  const { code, stdout } = await lab.run(['certs', 'check', '-i', lab.inventory, '--json']);
  const { certificates } = JSON.parse(stdout) as { certificates: Listed[] };
  return { code, soon: certificates.filter((c) => c.daysLeft < 60).map((c) => `${c.host} ${c.path}`) };
}

describe.skipIf(reason)(`certificates of a cluster in use${reason ? ` (${reason})` : ''}`, { timeout: 3_600_000 }, () => {
  let load: Load;
  let reports: readonly PointReport[] = [];

  beforeAll(async () => {
    await lab.up(GO_BUNDLE.dir);
    await lab.install();
  }, 1_800_000);

  afterAll(async () => {
    await load?.stop();
    await lab.down();
  }, 600_000);

  it('are listed when 20 days are left', async () => {
    for (const host of lab.controlPlanes) {
      const signed = await lab.on(host, 'sudo sh -s', SHORTEN);
      expect(signed.code, signed.stderr).toBe(0);
    }
    const { code, soon } = await check();
    expect(code).toBe(1);
    for (const host of lab.controlPlanes) expect(soon.filter((s) => s.startsWith(host)).length, host).toBeGreaterThanOrEqual(9);
    // etcd runs with what it was given by Kubewright: what another one has put there is replaced, by a restart of each member.
    expect((await lab.run(['provision', '-i', lab.inventory, '--tags', 'etcd', '--json'])).code).toBe(0);
  });

  it('are renewed without a lost request', async () => {
    load = await lab.load(GO_BUNDLE.dir);
    await sleep(15_000);
    const renewed = await lab.run(['certs', 'renew', '-i', lab.inventory, '--plain'], true);
    expect(renewed.code, renewed.stdout.slice(-2000) + renewed.stderr).toBe(0);
    await sleep(30_000);
    reports = await load.stop();
    sayReports(reports);
    expect(reports.flatMap((r) => r.failed)).toEqual([]);
    const { stdout } = await lab.kubectl(`-n ${LOAD_NAMESPACE} get configmaps -l load=true -o name`);
    expect(lostWrites(reports, stdout)).toEqual([]);
  });

  it('are then good for long, and nothing is left to do', async () => {
    expect(await check()).toEqual({ code: 0, soon: [] });
    const again = await lab.run(['certs', 'renew', '-i', lab.inventory, '--json']);
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    const provisioned = await lab.run(['provision', '-i', lab.inventory, '--json']);
    expect(tasksThat('changed', provisioned.stdout)).toEqual([]);
    const verified = await lab.run(['verify', '-i', lab.inventory], true);
    expect(verified.code, verified.stdout).toBe(0);
  });
});
