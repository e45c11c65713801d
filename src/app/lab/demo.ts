import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { toolName } from '../../base/text/tool-name.js';
import { LAB_PACKAGES } from '../../lab/nspawn/lab.js';
import type { LabSettings, LabSpec } from '../../lab/provider.js';
import { reported } from '../../ui/stages/create-reporter.js';
import type { StageOfReport, StageReporter } from '../../ui/stages/reporter.js';
import { runKeysDistribute } from '../keys/keys.js';
import { provision, type ViewKind } from '../run/provision.js';
import { ensureDebianPackages } from './debian-packages.js';
import { chosenSettings, type LabSource } from './kubernetes-source.js';
import { bringUp, lab, requireRootForLab } from './lab.js';

export interface DemoOptions {
  readonly masters: number;
  readonly workers: number;
  readonly bundle?: string;
  /** Default: what the lab that is there was made with, else auto. */
  readonly source?: LabSource;
  readonly view: ViewKind;
}

const INVENTORY_DIR = 'inventories/lab';

/** The main job on one box: machines, keys, cluster, and how to look around. Each stage reuses what exists. */
export async function demo(o: DemoOptions): Promise<number> {
  requireRootForLab('demo');
  return reported((report) => stages(o, report), { plain: o.view === 'plain' || o.view === 'json' });
}

async function stages(o: DemoOptions, report: StageReporter): Promise<number> {
  const times: { name: string; ms: number }[] = [];
  const stage = async <T>(name: string, work: () => Promise<T>, more?: StageOfReport<T>): Promise<T> => {
    const began = Date.now();
    const result = await report.stage(name, work, more);
    times.push({ name, ms: Date.now() - began });
    return result;
  };
  const say = (text: string): void => report.say(text);
  const drawn: StageOfReport<number> = { draws: true, ok: (code) => code === 0 };

  await stage('Debian packages', () => ensureDebianPackages([...LAB_PACKAGES, 'openssh-client'], 'for lab machines', say));
  const chosen = await stage('Where Kubernetes comes from', () => chosenSettings(lab(), o, report));
  const inventory = `${INVENTORY_DIR}/hosts.ini`;
  await stage(`${o.masters + o.workers} lab machines`, () => bringUp(labSpec(o, chosen), report));
  const keys = await stage('SSH keys', () => runKeysDistribute({ inventory: [inventory], extraVars: [], connection: {} }), drawn);
  if (keys !== 0) return keys;
  const code = await stage(
    'Kubernetes',
    () =>
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
    drawn,
  );
  if (code !== 0) return code;

  say('\n== kubectl get nodes -o wide');
  const first = (await lab().status()).machines[0]?.name ?? '';
  const nodes = spawnSync('ssh', [...(await lab().sshArgs(first)), 'sudo kubectl get nodes -o wide'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  say(summary(times, first));
  return nodes.status === 0 ? 0 : 1;
}

function labSpec(o: DemoOptions, chosen: LabSettings | undefined): LabSpec {
  return {
    masters: o.masters,
    workers: o.workers,
    subnet: '10.77.0.0/24',
    inventoryDir: resolve(INVENTORY_DIR),
    chosen,
    asked: {},
  };
}

function summary(stages: readonly { name: string; ms: number }[], first: string): string {
  const row = (ms: number, name: string): string => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`;
  const total = stages.reduce((sum, s) => sum + s.ms, 0);
  const cli = toolName();
  return `
== Time
${stages.map((s) => row(s.ms, s.name)).join('\n')}
${row(total, 'total')}

Look around:  ${cli} lab ssh ${first}                            (then: sudo kubectl get pods -A -o wide)
              ${cli} lab ssh ${first} -- sudo kubectl get nodes
Run again:    ${cli} provision -i ${INVENTORY_DIR}/hosts.ini     (changes nothing, takes seconds)
Tear down:    ${cli} lab down`;
}
