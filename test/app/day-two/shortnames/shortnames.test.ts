import { expect, it } from 'vitest';
import { parseAnswer } from '../../../../src/app/day-two/ask.js';
import { card } from '../../../../src/app/day-two/shortnames/card.js';
import { parseResources } from '../../../../src/app/day-two/shortnames/resources.js';

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
