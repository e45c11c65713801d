import { afterEach, describe, expect, it, vi } from 'vitest';
import { firstAble } from '../../../src/app/access/control-plane.js';
import { InputError, InterruptedError, KubewrightError } from '../../../src/base/errors.js';

const candidate = (name: string) => ({ host: { name } });
const CANDIDATES = [candidate('cp1'), candidate('cp2'), candidate('cp3')] as const;
const cannot = (name: string) => new KubewrightError({ what: `${name} cannot read the admin kubeconfig`, where: name });

describe('asking one control plane after the other', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  afterEach(() => said.mockClear());

  it('goes on to the next where one is no control plane yet, and says so', async () => {
    const asked: string[] = [];
    const answer = await firstAble(CANDIDATES, async ({ host: { name } }) => {
      asked.push(name);
      if (name === 'cp1') throw cannot(name);
      return name;
    });
    expect([answer, asked]).toEqual(['cp2', ['cp1', 'cp2']]);
    expect(said.mock.calls.join('')).toMatch(/warning:.*cp1 cannot read the admin kubeconfig[\s\S]*cp2 was asked instead/);
  });

  it('fails as the first one did where none can, without warnings', async () => {
    await expect(firstAble(CANDIDATES, ({ host }) => Promise.reject(cannot(host.name)))).rejects.toThrow('cp1 cannot');
    expect(said).not.toHaveBeenCalled();
  });

  it.each([new InputError({ what: 'bad name' }), new InterruptedError({ what: 'Interrupted' }), new TypeError('a fault')])(
    'asks nobody else after %s',
    async (error) => {
      const work = vi.fn(() => Promise.reject(error));
      await expect(firstAble(CANDIDATES, work)).rejects.toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
    },
  );
});
