import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStageView, type StageViewOptions } from '../../../src/ui/stages/create-stage-view.js';
import { StageProgress } from '../../../src/ui/stages/stages.js';
import { screenOf } from '../../support/screen/screen.js';

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `n${String(i + 1).padStart(3, '0')}`);

describe('the line of a step', () => {
  it('counts while all goes well, and names the last ones', () => {
    const s = new StageProgress();
    s.stage('writing', names(200), {}, 0);
    for (const n of names(200)) s.began(n);
    for (const n of names(120)) s.done(n, 1000);
    expect(s.line(2000, 80)).toBe('writing: 120 of 200 hosts');
    for (const n of names(198)) s.done(n, 3000);
    expect(s.line(3100, 80)).toBe('writing: 198 of 200 hosts, waiting for n199, n200 (2)');
    for (const n of names(200)) s.done(n, 3200);
    expect(s.idle).toBe(true);
    expect(s.line(3300, 80)).toBe('writing: 200 of 200 hosts');
  });

  it('names who is at work when nothing happens, not those whose turn has not come', () => {
    const s = new StageProgress();
    s.stage('connecting', names(200), {}, 0);
    for (const n of names(24)) s.began(n);
    for (const n of names(20)) s.done(n, 1000);
    expect(s.line(3000, 80)).toBe('connecting: 20 of 200 hosts');
    expect(s.line(9500, 80)).toBe('connecting: 20 of 200 hosts, waiting 8s for n021…n024 (4)');
    expect(s.line(99_000, 80)).toContain('waiting 1m38s for n021…n024 (4)');
    s.done('n022', 99_500);
    expect(s.line(99_600, 80)).toBe('connecting: 21 of 200 hosts');
  });

  it('takes logins for a sign of life', () => {
    const s = new StageProgress();
    s.stage('logging in', names(5), { parts: { noun: 'login', of: 20 } }, 0);
    s.began('n001');
    s.part(3, 9000);
    expect(s.line(9500, 80)).toBe('logging in: 0 of 5 hosts, 3 of 20 logins');
    expect(s.line(14_000, 80)).toBe('logging in: 0 of 5 hosts, 3 of 20 logins, waiting 5s for n001');
  });

  it('fits, whatever the names are, and lets none of them move the cursor', () => {
    const s = new StageProgress();
    const odd = ['a\x1b[2Jb', '日本語日本語日本語', 'c'.repeat(100)];
    s.stage('looking', odd, {}, 0);
    expect(s.line(0, 120)).toContain('waiting for a\\x1b[2Jb, 日本語');
    for (const columns of [20, 40, 60]) {
      const line = s.line(0, columns);
      expect([...line].reduce((n, c) => n + (c > '\u2fff' ? 2 : 1), 0)).toBeLessThanOrEqual(columns);
    }
  });

  it('says after Ctrl-C who is still at work: few by name, many by number, nobody where it is called off', () => {
    const s = new StageProgress();
    s.stage('connecting', names(3), { calledOff: true }, 0);
    s.began('n001');
    expect(s.stillAtWork).toBe('');
    s.stage('writing', names(30), {}, 0);
    expect(s.stillAtWork).toBe('');
    for (const n of ['n002', 'n001']) s.began(n);
    expect(s.stillAtWork).toBe('Still at work: n001, n002.');
    for (const n of names(24)) s.began(n);
    expect(s.stillAtWork).toBe('Still at work: 24 hosts.');
    s.interrupt();
    for (const n of names(30)) if (n !== 'n007') s.done(n, 0);
    expect(s.line(500, 80)).toBe('interrupted while writing, waiting for n007');
  });
});

describe('where it is shown', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  async function view(isTTY: boolean, more: Partial<StageViewOptions> = {}) {
    let text = '';
    const stderr = { isTTY, columns: 60, rows: 10, write: (t: string) => (text += t) };
    return {
      v: await createStageView({ stderr, term: 'xterm', ...more }),
      text: () => text,
      screen: () => screenOf(text, 60, 10),
    };
  }

  it('on a terminal: one line, rewritten, under what others say, and gone at the end', async () => {
    const { v, text, screen } = await view(true);
    v.stage('looking', names(9));
    vi.advanceTimersByTime(250);
    // What is over at once is not shown at all.
    expect(text()).toBe('');
    vi.advanceTimersByTime(250);
    expect(screen()).toEqual(['▸ looking: 0 of 9 hosts']);
    v.began('n001');
    v.done('n001');
    v.say('warning: beware');
    vi.advanceTimersByTime(100);
    expect(screen()).toEqual(['warning: beware', '▸ looking: 1 of 9 hosts']);
    v.stage('writing', names(9));
    v.began('n002');
    vi.advanceTimersByTime(5000);
    expect(screen()).toEqual(['warning: beware', '▸ writing: 0 of 9 hosts, waiting 4s for n002']);
    v.interrupted('Interrupted: once more stops.');
    vi.advanceTimersByTime(100);
    expect(screen().slice(1)).toEqual([
      'Interrupted: once more stops. Still at work: n002.',
      '▸ interrupted while writing, waiting 5s for n002',
    ]);
    v.end();
    v.done('n002');
    vi.advanceTimersByTime(20_000);
    expect(screen()).toEqual(['warning: beware', 'Interrupted: once more stops. Still at work: n002.', '']);
    expect(text().endsWith('\x1b[?25h')).toBe(true);
  });

  it('on a terminal: nothing while somebody is asked', async () => {
    const { v, screen } = await view(true);
    v.stage('connecting', names(2));
    vi.advanceTimersByTime(1000);
    let answer: () => void = () => undefined;
    const asked = v.whileAsking(() => new Promise<void>((resolve) => (answer = resolve)));
    v.done('n001');
    vi.advanceTimersByTime(30_000);
    expect(screen()).toEqual(['']);
    answer();
    await asked;
    vi.advanceTimersByTime(1000);
    expect(screen()[0]).toMatch(/^▸ connecting: 1 of 2 hosts, waiting 31s for n002$/);
    v.end();
  });

  it.each([
    ['without a terminal', false, {}],
    ['with --json', true, { plain: true }],
    ['on a terminal that cannot move its cursor', true, { term: 'dumb' }],
  ] as const)('%s: nothing at first, then a line every 10 s', async (_name, isTTY, more) => {
    const { v, text } = await view(isTTY, more);
    v.stage('looking', names(200));
    for (const n of names(12)) v.began(n);
    vi.advanceTimersByTime(9_900);
    expect(text()).toBe('');
    vi.advanceTimersByTime(100);
    expect(text()).toBe('looking: 0 of 200 hosts after 10s, waiting 10s for n001…n012 (12)\n');
    for (const n of names(11)) v.done(n);
    vi.advanceTimersByTime(10_000);
    expect(text().split('\n')[1]).toBe('looking: 11 of 200 hosts after 20s, waiting 10s for n012');
    v.end();
    vi.advanceTimersByTime(60_000);
    expect(text().split('\n')).toHaveLength(3);
  });
});
