import { describe, expect, it } from 'vitest';
import { participants, type Remains, refusals } from '../../../src/app/day-two/recover/recover.js';
import { PreflightError } from '../../../src/base/errors.js';
import { sampleCluster } from '../../support/cluster.js';

const cluster = sampleCluster();
const OFF = 'there was no answer within 10 s';
const lostTwo: Remains = {
  members: ['m11-k8s'],
  empty: [],
  answering: [],
  controlPlanes: ['m11-k8s'],
  workers: [],
  unreachable: new Map([
    ['m12-k8s', OFF],
    ['m13-k8s', OFF],
  ]),
  hasQuorum: false,
  restoring: false,
};
const refused = (r: Partial<Remains>, fromSnapshot = false): string[] =>
  refusals(cluster, { ...lostTwo, ...r }, fromSnapshot).map((p) => p.what);

describe('a recovery', () => {
  it('goes on where two of three members are lost, or replaced by empty hosts', () => {
    expect(refused({})).toEqual([]);
    expect(refused({ unreachable: new Map(), empty: ['m12-k8s', 'm13-k8s'], controlPlanes: ['m11-k8s', 'm12-k8s'] })).toEqual([]);
  });

  it('leaves hosts alone that are to be replaced, though they can be reached', () => {
    const replaced = {
      ...lostTwo,
      unreachable: new Map(),
      empty: ['m12-k8s', 'm13-k8s'],
      controlPlanes: ['m11-k8s', 'm12-k8s', 'm13-k8s'],
    };
    expect(participants(replaced)).toEqual(['m11-k8s']);
    expect(participants({ ...lostTwo, controlPlanes: ['m11-k8s', 'cp-without-etcd'] })).toEqual(['m11-k8s', 'cp-without-etcd']);
  });

  it.each<[what: string, r: Partial<Remains>, fromSnapshot?: boolean]>([
    ['etcd has its quorum, so nothing has to be recovered', { hasQuorum: true }],
    ['etcd has its quorum, so nothing has to be recovered', { hasQuorum: true }, true],
    [
      '2 of 3 members of etcd are left, which is a quorum',
      { members: ['m11-k8s', 'm12-k8s'], unreachable: new Map([['m13-k8s', OFF]]) },
    ],
    ['No etcd host that holds data can be reached', { members: [] }],
    ['No control plane can be reached', { controlPlanes: [] }],
    ['No control plane can be reached', { controlPlanes: ['m12-k8s'], unreachable: new Map(), empty: ['m12-k8s', 'm13-k8s'] }],
    ['A recovery or a restore has not been finished', { restoring: true }],
    [
      'A member of etcd that cannot be reached still answers the other hosts',
      { answering: ['m12-k8s: 10.0.0.12:2379, asked from m11-k8s'] },
    ],
    [
      'A member of etcd that cannot be reached still answers the other hosts',
      { answering: ['m12-k8s: 10.0.0.12:2379, asked from m11-k8s'] },
      true,
    ],
  ])('is refused: %s', (what, r, fromSnapshot) => {
    expect(refused(r, fromSnapshot)).toEqual([what]);
  });

  it('goes on with its snapshot where it was cut off, whatever etcd says by then', () => {
    expect(refused({ restoring: true, hasQuorum: true }, true)).toEqual([]);
    expect(refused({ restoring: true, members: ['m11-k8s', 'm12-k8s'] }, true)).toEqual([]);
  });

  it.each<[exitCode: number, r: Partial<Remains>]>([
    [3, { members: [] }],
    [3, { controlPlanes: [] }],
    [3, { answering: ['m12-k8s: 10.0.0.12:2379, asked from m11-k8s'] }],
    [1, { members: [], unreachable: new Map() }],
    [1, { hasQuorum: true }],
  ])('ends with exit code %i where hosts that cannot be reached are the reason, or not (%#)', (exitCode, r) => {
    expect(new PreflightError(refusals(cluster, { ...lostTwo, ...r }, false)).exitCode).toBe(exitCode);
  });
});
