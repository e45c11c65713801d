import { readFileSync } from 'node:fs';
import type { HostFacts } from '../../src/facts/facts.js';
import { parseFacts } from '../../src/facts/parse.js';

/** What a control plane of a lab printed, with the addresses of the sample cluster. */
const CONTROL_PLANE = readFileSync('test/fixtures/living/control-plane.txt', 'utf8').replaceAll('10.81.0.1', '192.168.1.1');

export type Edit = (text: string) => string;

/**
 * Facts of the sample cluster (three control planes, two workers) as it would run Kubernetes 1.36.3.
 *
 * @param edit changes what every control plane printed.
 */
export function livingFacts(edit: Edit = (t) => t, hosts: Readonly<Record<string, Edit>> = {}): Map<string, HostFacts> {
  const masters = ['m11-k8s', 'm12-k8s', 'm13-k8s'];
  const worker =
    'clock\t1\narch\tx86_64\nnode\tyes\nliving\tyes\nrunning\tkubelet Kubernetes v1.36.3\nrunning\tcontainerd containerd v2.4.2\n';
  return new Map([
    ...masters.map((name) => [name, parseFacts((hosts[name] ?? edit)(CONTROL_PLANE), 0)] as const),
    ...['w101-k8s', 'w102-k8s'].map((name) => [name, parseFacts((hosts[name] ?? ((t) => t))(worker), 0)] as const),
  ]);
}
