import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { columnsOf } from '../../../src/base/text/width.js';
import type { RunEvent } from '../../../src/engine/events.js';
import { painter } from '../../../src/ui/format.js';
import { TaskList } from '../../../src/ui/live/task-list.js';
import { TerminalView } from '../../../src/ui/run/terminal.js';
import { screenOf } from '../../support/screen/screen.js';
import { syntheticRun } from '../../support/screen/synthetic.mjs';

/** A terminal that notes each write. */
function terminal(columns: number, rows: number) {
  const writes: string[] = [];
  const stream = { isTTY: true, columns, rows, write: (text: string) => writes.push(text) };
  return { stream, writes, screen: () => screenOf(writes.join(''), columns, rows) };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a list of tasks', () => {
  it('draws running tasks under what stays, and leaves a mark for how each ended', async () => {
    const { stream, screen } = terminal(60, 10);
    const list = new TaskList(stream, { paint: painter(false) });
    const first = list.begin('m1');
    const second = list.begin('m2');
    first.output('making its disk');
    await vi.advanceTimersByTimeAsync(2000);
    expect(screen()).toEqual(['▸ m1: making its disk 2.0s', '▸ m2 2.0s']);
    first.output('booting');
    list.print(['warning: beware']);
    await vi.advanceTimersByTimeAsync(100);
    expect(screen()).toEqual(['warning: beware', '▸ m1: booting 2.1s', '▸ m2 2.1s']);
    second.end('failed', 'm2: no disk');
    // Before listr2 has heard of it, and in this order, should the process end here.
    list.print(['after it']);
    expect(screen().slice(0, 3)).toEqual(['warning: beware', '✗ m2: no disk', 'after it']);
    first.end('done', 'm1: up');
    first.end('failed', 'never');
    await list.close();
    expect(screen()).toEqual(['warning: beware', '✗ m2: no disk', 'after it', '✓ m1: up', '']);
  });

  it('colours the marks only where colours are wanted', async () => {
    const { stream, writes } = terminal(60, 10);
    const list = new TaskList(stream, { paint: painter(true) });
    list.begin('a').end('done', 'a');
    list.begin('b').end('failed', 'b');
    await list.close();
    expect(writes.join('')).toContain('\x1b[32m✓\x1b[0m a');
    expect(writes.join('')).toContain('\x1b[31m✗\x1b[0m b');
  });

  it('counts the tasks that do not fit, and never scrolls', async () => {
    const { stream, screen } = terminal(20, 6);
    const list = new TaskList(stream, { paint: painter(false) });
    for (let i = 1; i <= 30; i++) list.begin(`host-${i} with a long name`);
    await vi.advanceTimersByTimeAsync(1000);
    expect(screen()).toHaveLength(5);
    expect(screen()[0]).toBe('▸ host-1 with… 1.0s');
    expect(screen().at(-1)).toBe('  … 26 more');
    await list.close();
    expect(screen()).toEqual(['']);
  });

  it('leaves the terminal to others', async () => {
    const { stream, screen, writes } = terminal(60, 10);
    const list = new TaskList(stream, { paint: painter(false) });
    list.begin('connecting');
    await vi.advanceTimersByTimeAsync(1000);
    let answer: () => void = () => undefined;
    const asked = list.whileAsking(() => new Promise<void>((resolve) => (answer = resolve)));
    expect(screen()).toEqual(['']);
    const before = writes.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(writes.length).toBe(before);
    answer();
    await asked;
    await vi.advanceTimersByTimeAsync(1000);
    expect(screen()).toEqual(['▸ connecting 7.0s']);
    await list.close();
  });

  it('ends with the cursor shown, no timer and no listener of its own', async () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const;
    const count = () => signals.map((s) => process.listenerCount(s));
    const before = count();
    const { stream, writes } = terminal(60, 10);
    const list = new TaskList(stream, { paint: painter(false) });
    list.begin('a');
    await vi.advanceTimersByTimeAsync(1000);
    // Only the cursor is given back if the process ends.
    expect(count()).toEqual(before.map((n, i) => (signals[i] === 'exit' ? n + 1 : n)));
    await list.close();
    await list.close();
    expect(count()).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
    expect(writes.at(-1)).toBe('\x1b[?25h');
  });
});

describe('20 events per second', () => {
  async function play(events: readonly RunEvent[], columns: number, rows: number) {
    const signals = process.listenerCount('SIGINT');
    const t = terminal(columns, rows);
    const o = { stdout: process.stdout, stderr: process.stderr, verbosity: 0, color: false };
    const view = new TerminalView({ ...o, history: () => Promise.resolve(undefined) }, t.stream);
    const [start, ...rest] = events;
    if (start) view.event({ ...start, at: 0 });
    const from = start?.at ?? 0;
    const writes: number[] = [];
    for (const e of rest) {
      await vi.advanceTimersByTimeAsync(Math.max(0, e.at - from - Date.now()));
      view.event({ ...e, at: Date.now() });
      expect(process.listenerCount('SIGINT')).toBe(signals);
      writes.push(t.writes.length);
    }
    return { ...t, view, perEvent: writes };
  }

  it('cost no more than ten frames per second, each of the lines that changed', async () => {
    const hosts = Array.from({ length: 500 }, (_, i) => `w${1001 + i}`);
    const tasks = Object.fromEntries(hosts.map((h) => [h, 10]));
    const start: RunEvent[] = [
      { at: 0, type: 'run-start', run: 'r', title: 't', hosts, dir: '/d', check: false },
      { at: 10, type: 'play-start', play: 'p', hosts, tasks },
    ];
    const common = { play: 'p', task: 'a', title: 'Do it', n: 1, of: 10 } as const;
    const events = Array.from(
      { length: 100 },
      (_, i): RunEvent => ({ at: 50 + 50 * i, type: 'task-start', host: hosts[i] ?? '', ...common }),
    );
    const { writes, screen, view } = await play([...start, ...events], 100, 24);
    // 5 s: ten frames per second, one per tick, one at once for the play, and hiding the cursor.
    expect(writes.length).toBeLessThanOrEqual(50 + 5 + 2);
    const [head, ...board] = screen().slice(-3);
    expect(head).toMatch(/^▸ p \(500 hosts\) ╌+ 0 %, 5\.\ds$/);
    expect(board).toEqual([
      expect.stringMatching(/^ {2}▸ w1001….* 1\/10 .*Do it$/),
      expect.stringMatching(/^ {2}· w1.*waiting$/),
    ]);
    // Two of three lines change with each frame; the whole frame is 250 characters.
    const frames = writes.slice(-20);
    expect(frames.every((f) => f.length < 250)).toBe(true);
    view.draw();
    const before = writes.length;
    view.draw();
    expect(writes.length).toBe(before);
    await view.end();
  });

  it.each([
    [60, 24],
    [60, 8],
    [200, 50],
  ])('fit %i columns and %i rows; what failed and each play stays above', async (columns, rows) => {
    const events = syntheticRun({ hosts: 9, tasks: 20, failing: ['w103-k8s'] });
    const { screen, view } = await play(events, columns, rows);
    await view.end();
    const lines = screen();
    expect(lines.filter((l) => /^[✓✗] /.test(l)).map((l) => l.replace(/ \S+s {2}.*/, ''))).toEqual([
      '✓ prepare',
      '✓ container runtime',
      '✓ etcd',
      '✗ nodes',
    ]);
    expect(lines.findIndex((l) => l.startsWith('FAILED w103-k8s'))).toBeLessThan(lines.findIndex((l) => l.startsWith('✗ nodes')));
    expect(lines.filter((l) => l.includes('▸'))).toEqual([]);
    // Words are not broken: tasks' output and the log's path are left as they are.
    const ours = lines.filter((l) => !/^ {2}(\||Log)/.test(l));
    expect(ours.filter((l) => l.startsWith('FAILED') || l.includes('hint:')).every((l) => columnsOf(l) <= columns)).toBe(true);
    expect(lines.filter((l) => /^m11-k8s +: ok=/.test(l))).toEqual([expect.stringMatching(/s$/)]);
    expect(lines.filter((l) => l === 'RECAP')).toHaveLength(1);
  });
});
