import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Faults, faultsOf, random } from '../../support/chaos-faults.js';
import { ROOT, say, tasksThat } from '../../support/lab.js';
import { bundleIndex } from '../../support/lab-bundles.js';
import { LOAD_NAMESPACE, type Load, lostWrites, type PointReport, sayReports } from '../../support/trial/load.js';
import { missingForTrial, trialBundle, trialLab } from '../../support/trial/trial-lab.js';

/**
 * Several minor versions in one command while requests and writes go on, the controller is killed and connections are cut at random
 * moments. KUBEWRIGHT_UPGRADE: versions with a bundle each, the installed one first; KUBEWRIGHT_UPGRADE_HOSTS=3+6: control planes and
 * workers; KUBEWRIGHT_UPGRADE_TROUBLE=10+10: kills and cuts; KUBEWRIGHT_UPGRADE_SERIAL: workers at a time; KUBEWRIGHT_CHAOS_SEED
 * repeats the moments.
 */
const {
  KUBEWRIGHT_UPGRADE = '1.35.4,1.36.3,1.37.2',
  KUBEWRIGHT_UPGRADE_HOSTS = '3+6',
  KUBEWRIGHT_UPGRADE_TROUBLE = '10+10',
  KUBEWRIGHT_UPGRADE_SERIAL = '1',
} = process.env;
const bundles = KUBEWRIGHT_UPGRADE.split(',').map(trialBundle);
const [installed = ''] = bundles;
const [kills = 10, cuts = 10] = KUBEWRIGHT_UPGRADE_TROUBLE.split('+').map(Number);
const seed = Number(process.env.KUBEWRIGHT_CHAOS_SEED ?? Date.now() % 1_000_000);
/** Seconds between two kills, and between two cuts: from, to. */
const PAUSE = [15, 150] as const;
/** Runs that stop by themselves in a row, after which there is something to look at. */
const PATIENCE = 4;
const lab = trialLab('upgrade', KUBEWRIGHT_UPGRADE_HOSTS);
const { dir, inventory, names } = lab;
const reason = missingForTrial(...bundles);

const versionOf = (bundle: string): string => bundleIndex({ from: 'go', dir: bundle }).kubeVersion.replace(/^v/, '');
const upgrade = () => [
  'upgrade',
  '-i',
  inventory,
  '--to',
  versionOf(bundles.at(-1) ?? ''),
  ...bundles.slice(1).flatMap((b) => ['--bundle', b]),
  '--serial',
  KUBEWRIGHT_UPGRADE_SERIAL,
  '--yes',
  '--json',
];

interface Attempt {
  readonly child: ChildProcess;
  readonly connected: Promise<void>;
  readonly end: Promise<number | null>;
}

let attempts = 0;
/** An upgrade in a process of its own; what it says is kept in a file for each. */
function attempt(): Attempt {
  attempts++;
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), ...upgrade()], {
    cwd: dir,
    env: { ...process.env, ...lab.env },
  });
  const log = createWriteStream(join(dir, `upgrade-${attempts}.log`));
  let begun = (): void => undefined;
  const connected = new Promise<void>((resolve) => {
    begun = resolve;
  });
  child.stdout.on('data', (chunk: Buffer) => {
    log.write(chunk);
    if (chunk.includes('"host-connected"')) begun();
  });
  child.stderr.on('data', (chunk: Buffer) => log.write(chunk));
  const end = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      begun();
      log.end();
      resolve(code);
    }),
  );
  return { child, connected, end };
}

const between = (rng: () => number): number => (PAUSE[0] + rng() * (PAUSE[1] - PAUSE[0])) * 1000;

/** Connections of random machines, one after the other, until `over` or all cuts are made. Machines' own traffic goes on. */
async function cutConnections(faults: Faults, over: () => boolean): Promise<number> {
  const rng = random(seed);
  const kinds = faults.kinds.filter((k) => !k.startsWith('network gone'));
  let made = 0;
  while (made < cuts) {
    for (let left = between(rng); left > 0 && !over(); left -= 1000) await sleep(1000);
    if (over()) break;
    await faults.cause(kinds[made % kinds.length] ?? '', names[Math.floor(rng() * names.length)] ?? '', rng);
    made++;
  }
  return made;
}

/** Runs upgrades, killing them, until one ends well. */
async function upgradeInTrouble(): Promise<{ killed: number; stopped: number }> {
  const rng = random(seed + 1);
  let killed = 0;
  let stopped = 0;
  for (let inRow = 0; inRow < PATIENCE; ) {
    const { child, connected, end } = attempt();
    await connected;
    const at = killed < kills ? between(rng) : Number.POSITIVE_INFINITY;
    const began = Date.now();
    let code: number | null | undefined;
    void end.then((c) => {
      code = c;
    });
    while (code === undefined && Date.now() - began < at) await sleep(250);
    if (code === undefined) {
      child.kill('SIGKILL');
      await end;
      killed++;
      inRow = 0;
      say(`upgrade ${attempts}: killed after ${((Date.now() - began) / 1000).toFixed(0)} s (${killed} of ${kills})`);
      continue;
    }
    say(`upgrade ${attempts}: exit code ${code} after ${((Date.now() - began) / 1000).toFixed(0)} s`);
    if (code === 0) return { killed, stopped };
    stopped++;
    inRow++;
  }
  throw new Error(`stopped by itself ${PATIENCE} times in a row: ${join(dir, `upgrade-${attempts}.log`)}`);
}

/** How often the kubelet of a machine started with which version since a moment: `v1.36.3 × 1`. */
async function kubeletStarts(host: string, since: string): Promise<string[]> {
  const count = `grep -o 'kubeletVersion="[^"]*"' | sort | uniq -c`;
  const { stdout } = await lab.on(host, `sudo journalctl -u kubelet --since '@${since}' -o cat | ${count}`);
  return [...stdout.matchAll(/(\d+) kubeletVersion="([^"]*)"/g)].map(([, times, version]) => `${version} × ${times}`);
}

/** Each task that changed something, of all journals: `host task` → the runs that began it. Who follows it after a kill tells of it again. */
function changes(pattern: RegExp): Map<string, Set<string>> {
  const begun = new Map<string, Set<string>>();
  const runs = join(dir, '.kubewright', 'runs');
  for (const name of readdirSync(runs).filter((n) => n !== 'latest')) {
    const file = join(runs, name, 'events.jsonl');
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (!line.includes('"task-end"') || !line.includes('"changed"')) continue;
      const { host, task, play, status } = JSON.parse(line);
      if (status !== 'changed' || !pattern.test(task)) continue;
      const key = `${host} ${task}`;
      begun.set(key, (begun.get(key) ?? new Set()).add(/begun by run (\S+)\)/.exec(play)?.[1] ?? name));
    }
  }
  return begun;
}

describe.skipIf(reason)(`an upgrade of a cluster in use${reason ? ` (${reason})` : ''}`, { timeout: 4 * 3_600_000 }, () => {
  let faults: Faults;
  let load: Load;
  let began: string;
  let reports: readonly PointReport[] = [];

  beforeAll(async () => {
    say(`KUBEWRIGHT_CHAOS_SEED=${seed}`);
    await lab.up(installed);
    await lab.install();
    faults = faultsOf(lab.paths.stateDir);
    load = await lab.load(installed);
    await sleep(10_000);
    began = `${Math.floor(Date.now() / 1000)}`;
  }, 1_800_000);

  afterAll(async () => {
    faults?.undo();
    await load?.stop();
    await lab.down();
  }, 600_000);

  it(`comes to its end through ${kills} kills of the controller and ${cuts} cut connections`, async () => {
    let over = false;
    const cutting = cutConnections(faults, () => over);
    const done = await upgradeInTrouble().finally(() => {
      over = true;
    });
    const cut = await cutting;
    await sleep(10_000);
    reports = await load.stop();
    say(`${attempts} runs, ${done.killed} killed, ${done.stopped} stopped by themselves, ${cut} connections cut`);
    sayReports(reports);
    expect({ killed: done.killed, cut }).toEqual({ killed: kills, cut: cuts });
  });

  it('lost no request to the Service', () => {
    expect(reports.filter((r) => r.name.startsWith('http-')).flatMap((r) => r.failed)).toEqual([]);
  });

  it('lost no write that was acknowledged', async () => {
    expect(reports.flatMap((r) => r.acknowledged).length).toBeGreaterThan(100);
    const { stdout } = await lab.kubectl(`-n ${LOAD_NAMESPACE} get configmaps -l load=true -o name`);
    expect(lostWrites(reports, stdout)).toEqual([]);
  });

  it('has every node at its last version, Ready and taking pods', async () => {
    const ready = '.status.conditions[?(@.type=="Ready")].status';
    const columns = `custom-columns=N:.metadata.name,V:.status.nodeInfo.kubeletVersion,C:.spec.unschedulable,R:${ready}`;
    const { stdout } = await lab.kubectl(`get nodes --no-headers -o '${columns}'`);
    const wanted = names.map((n) => `${n} v${versionOf(bundles.at(-1) ?? '')} <none> True`);
    expect(stdout.trim().replaceAll(/ +/g, ' ').split('\n')).toEqual(wanted);
  });

  it('upgraded no node twice', async () => {
    const starts = new Map<string, string[]>();
    for (const name of names) starts.set(name, await kubeletStarts(name, began));
    const counts = changes(/^upgrade\/(control-plane|node-configuration|drain-.*|uncordon-.*)$/);
    const steps = bundles.length - 1;
    for (const [what, runs] of counts) expect(runs.size, what).toBeLessThanOrEqual(steps);
    // Of kubeadm and of the kubelet it must have been exactly one for each version.
    for (const name of lab.controlPlanes) expect(counts.get(`${name} upgrade/control-plane`)?.size, name).toBe(steps);
    for (const name of names) expect(starts.get(name), name).toEqual(bundles.slice(1).map((b) => `v${versionOf(b)} × 1`));
  });

  it('has nothing to do when it is run again', async () => {
    const again = await lab.run(upgrade());
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    expect(tasksThat('changed', again.stdout)).toEqual([]);
    const verified = await lab.run(['verify', '-i', inventory], true);
    expect(verified.code, verified.stdout).toBe(0);
  });
});
