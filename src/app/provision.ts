import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../engine/events.js';
import { runPlays } from '../engine/run-plays.js';
import type { RunResult } from '../engine/types.js';
import { KubewrightError, PreflightError } from '../errors.js';
import { resolvePattern } from '../inventory/pattern.js';
import { loadPlaybook } from '../playbook/playbook.js';
import { putFile } from '../transport/put-file.js';
import { createView, type View } from '../ui/view.js';
import { bundlePaths } from './artifact-source.js';
import { type ClusterSource, readCluster } from './cluster-source.js';
import { type Connections, openConnections } from './connections.js';
import type { ConnectionOptions } from './credentials.js';
import { gatherFacts } from './gather.js';
import { interruptions } from './interrupt.js';
import { saveKubeconfig } from './kubeconfig.js';
import { PACKAGE_ROOT } from './package-root.js';
import { gateProblems, type PlanContext, planPlays, type ResolvedPlay, resolvePlays } from './plan.js';
import { newRunSecrets } from './run-secrets.js';

/** `auto`: a live picture on a terminal, plain lines elsewhere. */
export type ViewKind = 'auto' | 'terminal' | 'plain' | 'json';

export interface ProvisionOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  readonly view: ViewKind;
  /** 0: what changed or failed; 1: every task; 2: their output as well. */
  readonly verbosity?: number;
  readonly playbook?: string;
  readonly bundle?: string;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
}

/**
 * Turns the machines of an inventory into a cluster.
 *
 * @returns the exit code. Bad input is thrown before any machine is touched; unreachable machines and what preflight finds
 * are thrown before anything is changed.
 */
export async function provision(o: ProvisionOptions): Promise<number> {
  const source = await readCluster(o);
  try {
    return await run(o, source);
  } finally {
    await source.bundle?.close();
  }
}

async function run(o: ProvisionOptions, source: ClusterSource): Promise<number> {
  const { cluster, inventory, bundle } = source;
  const limit = limitOf(o, source);
  const playbook = await loadPlaybook(o.playbook ?? join(PACKAGE_ROOT, 'playbooks', 'cluster.yml'));
  const plays = resolvePlays(playbook, inventory, cluster, { tags: o.tags, skipTags: o.skipTags, limit });
  const wanted = cluster.hosts.filter((h) => limit === undefined || limit.has(h.name));
  const view = openView(o);
  const tell = (text: string): void => view.event({ at: Date.now(), type: 'warning', text });
  for (const warning of source.warnings) tell(warning);

  const interrupt = interruptions(tell);
  let connections: Connections | undefined;
  try {
    connections = await openConnections(
      wanted.map((h) => h.inventoryHost),
      {
        connection: o.connection,
        signal: interrupt.stop,
        onConnected: (host, ms) => view.event({ at: Date.now(), type: 'host-connected', host, ms }),
      },
    );
    const { reconnect } = connections;
    const allFacts = await gatherFacts(cluster, connections.sessions);
    const out = new Set(cluster.hosts.map((h) => h.name).filter((name) => !allFacts.has(name)));
    const context: PlanContext = { cluster, allFacts, bundle, secrets: newRunSecrets(), out };
    preflight(plays, context);
    const paths = bundlePaths(bundle);
    const result = await runPlays({
      title: 'provision',
      plays: planPlays(plays, context),
      sessions: connections.sessions,
      reconnect,
      artifacts: { localPath: (sha256) => paths.get(sha256), push: putFile, nodeMayDownload: () => bundle === undefined },
      forks: o.connection.forks,
      check: o.check,
      diff: o.diff,
      cacheDir: cluster.settings.kubewright_cache_dir,
      signal: interrupt.stop,
      kill: interrupt.kill,
      view: (event: RunEvent) => {
        if (event.type === 'host-failed' || event.type === 'host-unreachable') out.add(event.host);
        view.event(event);
      },
    });
    if (!o.check) await finish(source, result);
    return result.exitCode;
  } finally {
    await view.end();
    await connections?.close();
    interrupt.done();
  }
}

function openView(o: ProvisionOptions): View {
  return createView(o.view === 'auto' ? 'terminal' : o.view, {
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: o.verbosity ?? 0,
    color: process.stdout.isTTY && !process.env.NO_COLOR,
  });
}

function preflight(plays: readonly ResolvedPlay[], context: PlanContext): void {
  const problems = gateProblems(plays, context);
  if (problems.length > 0) throw new PreflightError(problems);
  // Everything that a role refuses by itself (a file that the bundle lacks) shall be said now, not half-way.
  for (const play of planPlays(plays, context)) {
    for (const host of play.hosts) play.tasks(host, new Map());
  }
}

/** The hosts of `--limit`, and those whose exports everybody needs: the first control plane and the first etcd member. */
function limitOf(o: ProvisionOptions, { inventory, cluster }: ClusterSource): ReadonlySet<string> | undefined {
  if (o.limit === undefined) return undefined;
  const helpers = [cluster.controlPlane[0], cluster.etcd[0]].flatMap((h) => (h ? [h.name] : []));
  return new Set([...helpers, ...resolvePattern(inventory, o.limit)]);
}

async function finish(source: ClusterSource, result: RunResult): Promise<void> {
  if (!source.cluster.settings.kubeconfig_localhost) return;
  const first = source.cluster.controlPlane[0]?.name ?? '';
  const value = result.exports.get(first)?.get('admin-kubeconfig');
  if (value === undefined) return;
  const path = await saveKubeconfig(source, typeof value === 'string' ? value : value.reveal());
  if (!existsSync(path)) throw new KubewrightError({ what: 'The kubeconfig could not be written', where: path });
  process.stderr.write(`Admin kubeconfig: ${path}\n`);
}
