import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { reported } from '../../../src/ui/stages/create-reporter.js';
import type { StageReporter } from '../../../src/ui/stages/reporter.js';
import { screenOf } from '../../support/screen/screen.js';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Machines that come up at the same time, one of them with trouble. */
async function labUp(report: StageReporter): Promise<number> {
  report.progress({ stage: 'network', text: 'bridge kw0', over: true });
  report.progress({ stage: 'm1', text: 'making its disk' });
  report.progress({ stage: 'm2', text: 'making its disk' });
  await wait(2000);
  report.progress({ stage: 'm1', text: 'booting' });
  report.progress({ stage: 'm2', text: 'another answers on 10.0.0.2', stays: true });
  report.say('Interrupted: once more stops them too.');
  await wait(1000);
  report.progress({ stage: 'm1', text: 'is up', over: true });
  await wait(1000);
  return 7;
}

beforeAll(() => import('../../../src/ui/stages/live-reporter.js'));
beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.stubEnv('NO_COLOR', '1');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function terminal(isTTY: boolean) {
  let text = '';
  const stdout = { isTTY, columns: 60, rows: 12, write: (t: string) => (text += t) };
  return { stdout, term: 'xterm', text: () => text, screen: () => screenOf(text, 60, 12) };
}

describe('a report of stages', () => {
  it('on a terminal: each stage is a task with its newest text, and what came of it stays', async () => {
    const t = terminal(true);
    const signals = process.listenerCount('SIGINT');
    const result = reported(labUp, t);
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(1500);
    expect(process.listenerCount('SIGINT')).toBe(signals);
    expect(t.screen()).toEqual([
      '✓ network: bridge kw0 0.0s',
      expect.stringMatching(/^▸ m1: making its disk 1\.\ds$/),
      expect.stringMatching(/^▸ m2: making its disk 1\.\ds$/),
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(t.screen().slice(1)).toEqual([
      'm2: another answers on 10.0.0.2',
      'Interrupted: once more stops them too.',
      expect.stringMatching(/^▸ m1: booting 2\.\ds$/),
      expect.stringMatching(/^▸ m2: making its disk 2\.\ds$/),
    ]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await result).toBe(7);
    expect(t.screen().slice(3)).toEqual(['✓ m1: is up 3.0s', '✓ m2: making its disk 4.0s', '']);
  });

  it('on a terminal: a failure leaves its mark on all that was running', async () => {
    const t = terminal(true);
    const result = reported(async (report) => {
      await report.stage('Lab machines', () => labUp(report));
      await report.stage('Kubernetes', () => Promise.resolve(1), { draws: true, ok: (code) => code === 0 });
      report.progress({ stage: 'compile', text: 'kubelet' });
      throw new Error('the disk is full');
    }, t).catch((error: Error) => error.message);
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await result).toBe('the disk is full');
    expect(t.screen().filter((l) => /^[✓✗▸]/.test(l))).toEqual([
      '✓ network: bridge kw0 0.0s',
      '✓ m1: is up 3.0s',
      '✓ m2: making its disk 4.0s',
      '✓ Lab machines 4.0s',
      '▸ Kubernetes',
      '✗ Kubernetes 0.0s',
      '✗ compile: kubelet 0.0s',
    ]);
  });

  it.each([
    ['off a terminal', false, {}],
    ['with --plain', true, { plain: true }],
    ['on a terminal that cannot move its cursor', true, { term: 'dumb' }],
  ])('%s: a line for each event', async (_name, isTTY, more) => {
    const t = terminal(isTTY);
    const result = reported((report) => report.stage('Lab machines', () => labUp(report)), { ...t, ...more });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await result).toBe(7);
    expect(t.text()).toBe(`
== Lab machines
network: bridge kw0
m1: making its disk
m2: making its disk
m1: booting
m2: another answers on 10.0.0.2
Interrupted: once more stops them too.
m1: is up
`);
  });
});
