import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProxyCommand } from '../../../src/transport/session/proxy-command.js';

describe('a proxy command', () => {
  it('is ended with what it has started', async () => {
    const proxy = new ProxyCommand('sleep 4334 & echo $!; wait');
    const pid = Number(await new Promise((resolve) => proxy.once('data', resolve)));
    const alive = (): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    expect(alive()).toBe(true);
    proxy.destroy();
    await expect.poll(alive, { timeout: 20_000 }).toBe(false);
  });
});
