import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arrivalTask, firstRolloutTask, rolloutTasks } from '../../../src/roles/network/calico/rollout.js';
import type { Shell } from '../../../src/shell/shell.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

/**
 * A kubectl that answers from files, whose controllers notice a new manifest after they were asked `late` times, and whose API server does
 * not answer the first `away` questions about nodes.
 */
const KUBECTL = `#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
*'get daemonset'*)
  echo x >> asked
  [ "$(wc -l < asked)" -gt "$(cat late)" ] && echo '2 2' || echo '2 1' ;;
*controllerrevisions*) printf new ;;
*'get nodes'*)
  echo x >> looked
  [ "$(wc -l < looked)" -gt "$(cat away)" ] || { echo 'connection refused' >&2; exit 1; }
  cat nodes ;;
*'delete'*)
  node=\${*##*/}
  echo "$node" >> deleted
  sed "s/^$node .*/$node new True /" pods > pods.new && mv pods.new pods ;;
*'get pods'*spec.nodeName=*)
  node=\${*##*spec.nodeName=}
  ! grep -q "^\${node%% *} " pods || echo "pod/\${node%% *}" ;;
*'get pods'*) cat pods ;;
esac
`;

describe("calico-node's rollout", () => {
  let dir: string;
  const cluster = sampleCluster();
  const names = cluster.hosts.map((h) => h.name);
  const [first = '', second = ''] = names;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kubewright-rollout-'));
    writeFileSync(join(dir, 'kubectl'), KUBECTL, { mode: 0o755 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function given(o: {
    late?: number;
    away?: number;
    dead?: readonly string[];
    lacking?: readonly string[];
    pods?: Readonly<Record<string, string | undefined>>;
  }): void {
    const state = (n: string) =>
      o.dead?.includes(n)
        ? 'Unknown Kubelet stopped posting node status.'
        : o.lacking?.includes(n)
          ? 'False container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady'
          : 'True ready';
    const pods = names.flatMap((n) => {
      const pod = o.pods && n in o.pods ? o.pods[n] : 'new True';
      return pod ? [`${n} ${pod} \n`] : [];
    });
    writeFileSync(join(dir, 'late'), `${o.late ?? 0}\n`);
    writeFileSync(join(dir, 'away'), `${o.away ?? 0}\n`);
    writeFileSync(join(dir, 'nodes'), names.map((n) => `${n} ${state(n)}\n`).join(''));
    writeFileSync(join(dir, 'pods'), pods.join(''));
  }

  const ctx = () => roleContext(sampleCluster({ vars: { bin_dir: dir } }), first);
  const replace = () => {
    const task = rolloutTasks(ctx()).find((t) => t.id === 'network/calico-replace');
    if (!task?.check) throw new Error('the task is gone');
    return { check: task.check, apply: task.apply };
  };
  const sh = (script: Shell) => spawnSync('sh', ['-eu', '-c', script.text], { encoding: 'utf8' });
  const deleted = () => (existsSync(join(dir, 'deleted')) ? readFileSync(join(dir, 'deleted'), 'utf8').trim().split('\n') : []);

  it('comes to nodes before it runs on them', () => {
    given({ lacking: [first], pods: { [first]: undefined, [second]: 'new False' } });
    expect(sh(arrivalTask(ctx()).check)).toMatchObject({ status: 1, stdout: `calico-node has not come to: ${first}\n` });
    given({ pods: { [second]: 'new False' } });
    expect(sh(arrivalTask(ctx()).check).status).toBe(0);
    expect(sh(firstRolloutTask(ctx()).check)).toMatchObject({
      status: 1,
      stdout: `calico-node is not ready on: ${second}\n`,
    });
    given({});
    expect(sh(firstRolloutTask(ctx()).check).status).toBe(0);
  });

  it('is not waited for on a node whose kubelet is silent', () => {
    given({ dead: [second], pods: { [second]: undefined } });
    for (const task of [arrivalTask(ctx()), firstRolloutTask(ctx())]) {
      expect(sh(task.check)).toMatchObject({
        status: 0,
        stdout: `not waited for, because they are not Ready: ${second}\n`,
      });
    }
  });

  it('is not taken for one that a dead node holds up before it has begun', () => {
    given({ late: 2 });
    expect(sh(replace().check).status).toBe(0);
  });

  it('is not judged by an API server that is away for a moment', () => {
    given({ away: 1, dead: [second], pods: { [first]: 'old True', [second]: 'old True' } });
    const applied = sh(replace().apply);
    expect(applied.status, applied.stderr).toBe(0);
    expect(deleted()).toEqual([first]);
  });

  it('is left alone where no node is dead, whatever its pods are', () => {
    given({ pods: { [first]: 'old True', [second]: undefined } });
    expect(sh(replace().check).status).toBe(0);
    expect(sh(replace().apply).status).toBe(0);
    expect(deleted()).toEqual([]);
  });

  it('is left alone where a node is dead and another one has no pod yet', () => {
    given({ dead: [second], pods: { [first]: undefined } });
    expect(sh(replace().check).status).toBe(0);
  });

  it('is helped on where a node is dead and others have a pod of the old manifest', () => {
    given({ dead: [second], pods: { [first]: 'old True', [second]: 'old True' } });
    expect(sh(replace().check).status).toBe(1);
    const applied = sh(replace().apply);
    expect(applied.status, applied.stderr).toBe(0);
    expect(deleted()).toEqual([first]);
    expect(sh(replace().check).status).toBe(0);
  });
});
