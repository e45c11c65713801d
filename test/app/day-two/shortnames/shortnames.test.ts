import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAnswer } from '../../../../src/app/day-two/ask.js';
import { card } from '../../../../src/app/day-two/shortnames/card.js';
import { parseResources } from '../../../../src/app/day-two/shortnames/resources.js';
import { program, unanswered } from '../../../../src/app/day-two/shortnames/shortnames.js';
import { sampleCluster } from '../../../support/cluster.js';

const ANSWER = `resource\tbindings                                     v1                        true    Binding   create
resource\tconfigmaps               cm        v1                        true    ConfigMap   create,delete
resource\tnodes     no        v1                        false    Node   create,delete
resource\tdeployments                       deploy    apps/v1                   true         Deployment    create   all
resource\thorizontalpodautoscalers  hpa   autoscaling/v2   true  HorizontalPodAutoscaler  create  all
resource\tglobalnetworkpolicies             gnp       crd.projectcalico.org/v1  false        GlobalNetworkPolicy  delete
resource\tnodes                                       metrics.k8s.io/v1beta1    false        NodeMetrics  get,list
count\tv1 nodes 3
count\tv1 configmaps 12
count\tcrd.projectcalico.org/v1 globalnetworkpolicies 0
count\tmetrics.k8s.io/v1beta1 nodes 2
count\tapps/v1 deployments x
`;

it('reads columns that are missing, and tells equal names of several groups apart', () => {
  const found = parseResources(parseAnswer(ANSWER));
  expect(found.map((r) => [r.shortNames.join(), r.name, r.apiVersion, r.namespaced, r.kind, r.custom, r.count])).toEqual([
    ['', 'bindings', 'v1', true, 'Binding', false, undefined],
    ['cm', 'configmaps', 'v1', true, 'ConfigMap', false, 12],
    ['no', 'nodes', 'v1', false, 'Node', false, 3],
    ['deploy', 'deployments', 'apps/v1', true, 'Deployment', false, undefined],
    ['hpa', 'horizontalpodautoscalers', 'autoscaling/v2', true, 'HorizontalPodAutoscaler', false, undefined],
    ['gnp', 'globalnetworkpolicies', 'crd.projectcalico.org/v1', false, 'GlobalNetworkPolicy', true, 0],
    ['', 'nodes', 'metrics.k8s.io/v1beta1', false, 'NodeMetrics', true, 2],
  ]);
});

it('makes a card no wider than the page, with every resource', () => {
  const resources = parseResources(parseAnswer(ANSWER));
  const text = card(resources, { cluster_name: 'lab', kube_version: '1.36.3' });
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(84);
  for (const r of resources) expect(text).toContain(r.name);
  expect(text).toContain('nodes *');
  expect(text).toContain('Custom resources');
});

it('breaks a long card into pages', () => {
  const many = Array.from({ length: 200 }, (_, i) => `resource\tthings${i}  t${i}  v1  true  Thing${i}  list`).join('\n');
  const pages = card(parseResources(parseAnswer(many)), { cluster_name: 'lab', kube_version: '1.36.3' }).split('\f');
  expect(pages.length).toBe(2);
  expect(pages[0]?.split('\n').length).toBeLessThanOrEqual(67);
});

const KUBECTL = `#!/bin/sh
case "$*" in
  *api-resources*)
    echo 'error: unable to retrieve the complete list of server APIs: custom.metrics.k8s.io/v1beta1: the server is currently unable to handle the request' >&2
    echo 'pods po v1 true Pod get,list'
    echo 'componentstatuses cs v1 false ComponentStatus get,list'
    echo 'nodes metrics.k8s.io/v1beta1 false NodeMetrics get,list'
    echo 'widgets wi away.example/v1 true Widget get,list'
    exit 1 ;;
  */api/v1/pods*) echo '{"metadata":{"remainingItemCount":41},"items":[{"metadata":{"name":"a"}}]}' ;;
  */api/v1/componentstatuses*) echo '{"metadata":{},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}' ;;
  *metrics.k8s.io/v1beta1/nodes*) echo 'Error from server (ServiceUnavailable)' >&2; exit 1 ;;
  *away.example*) echo '{"kind":"Status","status":"Failure","code":503}'; exit 1 ;;
  # Nodes of the core group say nothing about those of metrics.
  *get*nodes*) echo node/n1 ;;
esac
`;

it('tells an API that does not answer from one without objects', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-shortnames-'));
  try {
    writeFileSync(join(dir, 'kubectl'), KUBECTL, { mode: 0o755 });
    const [host] = sampleCluster({ vars: { bin_dir: dir } }).hosts;
    if (!host) throw new Error('no host');
    const say = 'say() { printf \'%s\\t%s\\n\' "$1" "$2"; }\n';
    const run = spawnSync('sh', ['-eu'], { input: say + program(host).text, encoding: 'utf8' });
    expect(run.status).toBe(0);
    const answer = parseAnswer(run.stdout);
    const found = parseResources(answer);
    expect(Object.fromEntries(found.map((r) => [`${r.apiVersion} ${r.name}`, r.count]))).toEqual({
      'v1 pods': 42,
      'v1 componentstatuses': 2,
      'metrics.k8s.io/v1beta1 nodes': undefined,
      'away.example/v1 widgets': undefined,
    });
    expect(unanswered(answer, found).map((w) => [w.what, w.why])).toEqual([
      ['The list is not complete', expect.stringContaining('custom.metrics.k8s.io/v1beta1: the server is currently unable')],
      ['metrics.k8s.io/v1beta1, away.example/v1: 2 resources could not be counted', undefined],
    ]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
