import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type LabPaths, labPaths, machinePaths } from '../../../src/lab/box/paths.js';
import { type CliResult, cli, freePrefix, missingForLab, say } from '../lab.js';
import { bundleIndex } from '../lab-bundles.js';
import { LOAD_NAMESPACE, type Load, type LoadPoint, loadManifest, startLoad } from './load.js';

/** Trials take too long for CI, and some want more bundles than it builds: `npm run trials`. */
export function missingForTrial(...bundles: string[]): string | undefined {
  if (process.env.KUBEWRIGHT_TRIALS !== '1') return 'a trial: KUBEWRIGHT_TRIALS is not 1';
  return missingForLab() ?? bundles.filter((b) => !bundleAt(b)).map((b) => `needs the bundle ${b}`)[0];
}

/** Where a bundle from Go modules lies: `1.36.3` → its directory. */
export function trialBundle(version: string): string {
  return join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle', `go-${version}`);
}

function bundleAt(dir: string): boolean {
  try {
    return bundleIndex({ from: 'go', dir }).kubeVersion !== '';
  } catch {
    return false;
  }
}

/** A cluster of a trial: a lab of its own, its inventory, its logs. */
export interface TrialLab {
  /** Logs of the trial; it stays. */
  readonly dir: string;
  readonly paths: LabPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly inventory: string;
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
  readonly names: readonly string[];
  run(args: readonly string[], echo?: boolean): Promise<CliResult>;
  on(host: string, command: string, input?: string): Promise<CliResult>;
  /** kubectl with these words, on the first control plane. */
  kubectl(command: string, input?: string): Promise<CliResult>;
  /** New machines. @param subnet default: the first one that is free. */
  up(bundle: string, subnet?: string): Promise<void>;
  install(): Promise<void>;
  /** Starts the pods that are asked, and the requests. @param workers default: all. */
  load(bundle: string, workers?: readonly string[]): Promise<Load>;
  down(): Promise<void>;
}

/** @param size control planes and workers: `3+6`. */
export function trialLab(name: string, size: string): TrialLab {
  const dir = mkdtempSync(join(tmpdir(), `kubewright-${name}-`));
  const inventory = join(dir, 'inventory', 'hosts.ini');
  const stateDir = `/var/lib/kubewright/lab-${name}`;
  const paths = labPaths({ stateDir });
  const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: stateDir, NO_COLOR: '1' };
  const [masters = 1, nodes = 0] = size.split('+').map(Number);
  const controlPlanes = Array.from({ length: masters }, (_, i) => `m1${i + 1}-k8s`);
  const workers = Array.from({ length: nodes }, (_, i) => `w10${i + 1}-k8s`);
  const run = (args: readonly string[], echo = false) => cli(args, { env, cwd: dir, echo });
  const on = (host: string, command: string, input?: string) =>
    cli(['lab', 'ssh', host, '--', command], { env, cwd: dir, input });
  const kubectl = (command: string, input?: string) => on(controlPlanes[0] ?? '', `sudo kubectl ${command}`, input);
  const lab: TrialLab = {
    dir,
    paths,
    env,
    inventory,
    controlPlanes,
    workers,
    names: [...controlPlanes, ...workers],
    run,
    on,
    kubectl,
    up: async (bundle, subnet) => {
      say(`logs in ${dir}`);
      mkdirSync(env.HOME, { recursive: true });
      await run(['lab', 'down']);
      const up = [
        'lab',
        'up',
        '--masters',
        `${masters}`,
        '--workers',
        `${nodes}`,
        '--subnet',
        subnet ?? `${await freePrefix()}.0/24`,
      ];
      const made = await run([...up, '--inventory-dir', join(dir, 'inventory'), '--bundle', bundle], true);
      expect(made.code, made.stderr).toBe(0);
    },
    install: async () => {
      expect((await run(['keys', 'distribute', '-i', inventory])).code).toBe(0);
      const installed = await run(['provision', '-i', inventory, '--json']);
      expect(installed.code, installed.stdout.slice(-2000)).toBe(0);
    },
    load: async (bundle, asked = workers) => {
      const image = bundleIndex({ from: 'go', dir: bundle }).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';
      const applied = await kubectl('apply -f -', loadManifest(image, NODE_PORT));
      expect(applied.code, applied.stderr).toBe(0);
      const rolled = await kubectl(`-n ${LOAD_NAMESPACE} rollout status deployment/web --timeout=180s`);
      expect(rolled.code, rolled.stdout).toBe(0);
      return startLoad(pointsOf({ ...lab, workers: asked, names: [...controlPlanes, ...asked] }), await clientOf(lab), dir);
    },
    down: async () => {
      await run(['lab', 'down']);
    },
  };
  return lab;
}

export const NODE_PORT = 30_088;

/** What is asked: up to three nodes from outside, each API server, and the load balancer of each worker from within. */
function pointsOf({ inventory, paths, names, controlPlanes, workers }: TrialLab): LoadPoint[] {
  const addresses = new Map(
    [...readFileSync(inventory, 'utf8').matchAll(/^(\S+) ansible_host=(\S+)/gm)].map((m) => [m[1], m[2]]),
  );
  const asked = [...new Set([names[0], workers[0] ?? names[0], names.at(-1)])];
  return [
    ...asked.map((n) => ({ name: `http-${n}`, kind: 'reads' as const, url: `http://${addresses.get(n)}:${NODE_PORT}/` })),
    ...controlPlanes.map((n) => ({ name: `api-${n}`, kind: 'writes' as const, url: `https://${addresses.get(n)}:6443` })),
    ...workers.map((n) => ({
      name: `lb-${n}`,
      kind: 'writes' as const,
      url: 'https://127.0.0.1:6443',
      netns: machinePaths(paths, n).netns,
    })),
  ];
}

/** Of admin.conf, in memory only. */
async function clientOf(lab: TrialLab): Promise<{ ca: string; cert: string; key: string }> {
  const { stdout } = await lab.on(lab.controlPlanes[0] ?? '', 'sudo cat /etc/kubernetes/admin.conf');
  const field = (name: string): string => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(stdout)?.[1] ?? '', 'base64').toString();
  return { ca: field('certificate-authority-data'), cert: field('client-certificate-data'), key: field('client-key-data') };
}
