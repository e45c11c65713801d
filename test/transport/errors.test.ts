import { describe, expect, it } from 'vitest';
import { fromConnectError, jumpFailure, TransportError, targetName } from '../../src/transport/errors.js';
import type { Target } from '../../src/transport/types.js';

const target = (name: string): Target => ({
  name,
  address: '192.0.2.1',
  port: 22,
  user: 'kw',
  connection: 'ssh',
  become: { enabled: false, user: 'root', method: 'sudo' },
  hostKeys: { mode: 'strict', files: [] },
  timeoutMs: 1000,
});

describe('the error of a jump host', () => {
  const [far, middle, near] = ['far', 'middle', 'near'].map(target) as [Target, Target, Target];
  const refused = new TransportError('auth', { what: 'Login refused', where: targetName(near) }, ['publickey']);

  it('is that of the host that failed, and names the hosts on the way', () => {
    const error = jumpFailure(refused, near, middle);
    expect(error).toMatchObject({
      kind: 'auth',
      offered: ['publickey'],
      parts: { what: 'Login refused (it is a jump host)', where: 'middle, on the way: near (192.0.2.1:22)' },
    });
  });

  it('is marked once, however many jump hosts there are', () => {
    const error = jumpFailure(jumpFailure(refused, near, middle), middle, far);
    expect(error).toMatchObject({
      offered: ['publickey'],
      parts: { what: 'Login refused (it is a jump host)', where: 'far, on the way: middle, on the way: near (192.0.2.1:22)' },
    });
  });
});

describe('fromConnectError', () => {
  it('takes a stream that closed early for a lost connection', () => {
    const closed = Object.assign(new Error('closed'), { code: 'ECONNRESET' });
    expect(fromConnectError(closed, 'm1').kind).toBe('lost');
  });
});
