import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { debianBundleDir } from '../../artifacts/debian/build.js';
import { defaultKubeVersion } from '../../cluster/catalogue.js';
import { LAB_PACKAGES } from '../../lab/nspawn/lab.js';
import { interruptions } from '../connect/interrupt.js';
import { runKeysDistribute } from '../keys/keys.js';
import { provision, type ViewKind } from '../run/provision.js';
import { cacheDir, makeDebianBundle } from './bundle.js';
import { ensureDebianPackages } from './debian-packages.js';
import { lab, labSettings, requireRootForLab } from './lab.js';
import { releaseServersAnswer } from './release-servers.js';

export interface DemoOptions {
  readonly masters: number;
  readonly workers: number;
  readonly source: 'auto' | 'official' | 'debian';
  readonly view: ViewKind;
}

const INVENTORY_DIR = 'inventories/lab';

/** The main job on one box: machines, keys, cluster, and how to look around. Every stage finds what is there already. */
export async function demo(o: DemoOptions): Promise<number> {
  requireRootForLab('demo');
  const stages: { name: string; ms: number }[] = [];
  const stage = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    say(`\n== ${name}`);
    const began = Date.now();
    const result = await work();
    stages.push({ name, ms: Date.now() - began });
    return result;
  };

  await stage('Debian packages', () => ensureDebianPackages([...LAB_PACKAGES, 'openssh-client'], 'for lab machines', say));
  const bundle = await stage('Where Kubernetes comes from', () => chooseSource(o.source));
  const inventory = `${INVENTORY_DIR}/hosts.ini`;
  await stage(`${o.masters + o.workers} lab machines`, () => machines(o, bundle));
  const keys = await stage('SSH keys', () => runKeysDistribute({ inventory: [inventory], extraVars: [], connection: {} }));
  if (keys !== 0) return keys;
  const code = await stage('Kubernetes', () =>
    provision({
      inventory: [inventory],
      extraVars: [],
      connection: {},
      view: o.view,
      tags: [],
      skipTags: [],
      check: false,
      diff: false,
    }),
  );
  if (code !== 0) return code;

  say('\n== kubectl get nodes -o wide');
  const first = (await lab().status()).machines[0]?.name ?? '';
  const nodes = spawnSync('ssh', [...(await lab().sshArgs(first)), 'sudo kubectl get nodes -o wide'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  summary(stages, first);
  return nodes.status === 0 ? 0 : 1;
}

/** The bundle's folder, or undefined for official downloads. */
async function chooseSource(source: DemoOptions['source']): Promise<string | undefined> {
  const answer = source === 'auto' ? await releaseServersAnswer() : { ok: source === 'official', why: 'asked for' };
  if (answer.ok) {
    say(`Official releases: Kubernetes ${defaultKubeVersion()}, downloaded by the machines and verified by checksum`);
    return undefined;
  }
  say(`Kubernetes 1.20.2 from Debian's own packages, because official downloads are out of reach: ${answer.why}.`);
  say('Debian bookworm has no newer Kubernetes in source; the bundle is built once (some minutes) and kept.');
  const dir = debianBundleDir(cacheDir());
  await makeDebianBundle(dir, say);
  say(`Bundle: ${dir}`);
  return dir;
}

async function machines(o: DemoOptions, bundle: string | undefined): Promise<void> {
  const interrupt = interruptions(say);
  try {
    await lab().up(
      {
        masters: o.masters,
        workers: o.workers,
        subnet: '10.77.0.0/24',
        inventoryDir: resolve(INVENTORY_DIR),
        extraVars: labSettings(bundle),
      },
      (e) => say(`${e.stage}: ${e.text}`),
      interrupt.stop,
    );
  } finally {
    interrupt.done();
  }
}

function summary(stages: readonly { name: string; ms: number }[], first: string): void {
  say('\n== Time');
  for (const s of stages) say(`${(s.ms / 1000).toFixed(1).padStart(7)} s  ${s.name}`);
  say(`${(stages.reduce((sum, s) => sum + s.ms, 0) / 1000).toFixed(1).padStart(7)} s  in all`);
  const cli = 'node bin/run.js';
  say(`
Look around:  ${cli} lab ssh ${first}                            (then: sudo kubectl get pods -A -o wide)
              ${cli} lab ssh ${first} -- sudo kubectl get nodes
Run again:    ${cli} provision -i ${INVENTORY_DIR}/hosts.ini     (changes nothing, takes seconds)
Tear down:    ${cli} lab down`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
