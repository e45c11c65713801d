import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/base/text/width.js';
import type { RunEvent } from '../../../src/engine/events.js';
import { History } from '../../../src/ui/run/history.js';
import { Progress } from '../../../src/ui/run/progress.js';
import { progressBoard } from '../../../src/ui/run/progress-board.js';
import { TerminalView } from '../../../src/ui/run/terminal.js';
import { screenOf } from '../../support/screen/screen.js';
import { hostNames, syntheticRun } from '../../support/screen/synthetic.mjs';

const plain = (_: string, text: string): string => text;

function at(events: readonly RunEvent[], ms: number): { progress: Progress; now: number } {
  const progress = new Progress();
  const now = (events[0]?.at ?? 0) + ms;
  for (const e of events) if (e.at <= now) progress.take(e);
  return { progress, now };
}

/** A play of four hosts by hand. */
function small(): Progress {
  const progress = new Progress();
  const tasks = { a1: 3, a2: 3, a3: 3, a4: 3 };
  progress.take({ at: 0, type: 'play-start', play: 'p', hosts: Object.keys(tasks), tasks });
  const begin = (at: number, host: string, n: number): void =>
    progress.take({ at, type: 'task-start', play: 'p', host, task: `t${n}`, title: `Task ${n}`, n, of: 3 });
  const end = (at: number, host: string, n: number, ms: number, status: 'ok' | 'changed' | 'failed' = 'ok'): void =>
    progress.take({ at, type: 'task-end', play: 'p', host, task: `t${n}`, title: `Task ${n}`, status, ms });
  for (const host of ['a1', 'a2', 'a3', 'a4']) begin(0, host, 1);
  end(2000, 'a1', 1, 2000, 'changed');
  begin(2000, 'a1', 2);
  end(2000, 'a2', 1, 2000);
  begin(2000, 'a2', 2);
  end(3000, 'a3', 1, 3000, 'failed');
  return progress;
}

describe('the picture of a play', () => {
  it('puts hosts at the same task together; what failed and what is slow stands out', () => {
    const frame = progressBoard(small(), { columns: 100, rows: 20, now: 9000, check: false, paint: plain });
    expect(frame).toEqual([
      'p (4 hosts) ━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌ 41 %, 9.0s',
      '✗ a3                        failed: Task 1',
      '▲ a4             1/3   9.0s Task 1, others took 2.0s',
      '▸ a1, a2 (2)     2/3   7.0s Task 2',
    ]);
  });

  it('compares with an earlier run, and estimates the rest by it', () => {
    const history = new History([
      { name: 'p', ms: 30_000, tasks: new Map(Object.entries({ t1: 2000, t2: 1000, t3: 20_000 })) },
      { name: 'q', ms: 60_000, tasks: new Map() },
    ]);
    const [head, , , running] = progressBoard(small(), {
      columns: 100,
      rows: 20,
      now: 9000,
      check: false,
      paint: plain,
      history,
    });
    expect(running).toContain('Task 2');
    // The slowest: a4 has tasks 2 and 3 to do, 21 s, then play q with 60 s; task 1 took 1.4 times as long as then.
    expect(head).toContain('about 2m00s left');
    // Before anything took a second nobody knows whether this run is like the earlier one.
    const fresh = new Progress();
    fresh.take({ at: 0, type: 'play-start', play: 'p', hosts: ['a1'], tasks: { a1: 3 } });
    const early = { columns: 100, rows: 20, now: 400, check: false, paint: plain };
    const forgetful = new History([{ name: 'p', ms: 30_000, tasks: new Map([['t1', 2000]]) }]);
    expect(progressBoard(fresh, { ...early, history: forgetful })[0]).not.toContain('left');
    // The pace of the play before holds until this one has its own.
    expect(progressBoard(fresh, { ...early, history })[0]).toContain('left');
    const late = progressBoard(small(), { columns: 100, rows: 20, now: 12_500, check: false, paint: plain, history });
    expect(late.join('\n')).toContain('▲ a1, a2 (2)     2/3    11s Task 2, last time 1.0s');
  });

  it('fits any terminal at any moment, with 9 hosts and with 200', () => {
    const runs = [9, 200].map((hosts) => {
      const names = hostNames(hosts);
      return syntheticRun({ hosts, tasks: 20, seed: 7, failing: names.slice(4, 6), slow: names.slice(7, 8) });
    });
    fc.assert(
      fc.property(
        ...([fc.constantFrom(...runs), fc.double({ min: 0, max: 1, noNaN: true })] as const),
        ...([fc.integer({ min: 20, max: 240 }), fc.integer({ min: 3, max: 70 })] as const),
        (events, share, columns, rows) => {
          const span = (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0);
          const { progress, now } = at(events, 500 + share * (span - 500));
          const frame = progressBoard(progress, { columns, rows, now, check: false, paint: plain });
          expect(frame.length).toBeLessThanOrEqual(Math.max(2, rows));
          for (const line of frame) expect(columnsOf(line)).toBeLessThan(columns);
          // No host is forgotten.
          const counted = frame.slice(1).reduce((n, line) => n + hostsIn(line), 0);
          if (columns >= 60) expect(counted).toBe(progress.hosts.size);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('redraws over a narrower terminal without leaving anything behind', () => {
    const events = syntheticRun({ hosts: 9, tasks: 20 });
    let out = '';
    const size = { columns: 100, rows: 24 };
    let resize: (() => void) | undefined;
    let now = events[0]?.at ?? 0;
    const stream = {
      get columns() {
        return size.columns;
      },
      get rows() {
        return size.rows;
      },
      write: (text: string) => {
        out += text;
      },
      on: (_: 'resize', listener: () => void) => {
        resize = listener;
      },
      off: () => undefined,
    };
    const o = { stdout: process.stdout, stderr: process.stderr, verbosity: 0, color: true };
    const view = new TerminalView({ ...o, clock: () => now, history: () => Promise.resolve(undefined) }, stream);
    for (const e of events.slice(0, 60)) {
      now = e.at;
      view.event(e);
      view.draw();
    }
    const heads = (screen: string[]): number => screen.filter((l) => l.startsWith('▸ prepare (9 hosts)')).length;
    expect(heads(screenOf(out, 100, 24))).toBe(1);
    out = '';
    size.columns = 50;
    resize?.();
    view.draw();
    const screen = screenOf(out, 50, 24);
    expect(heads(screen)).toBe(1);
    for (const line of screen) expect(columnsOf(line)).toBeLessThan(50);
    void view.end();
  });
});

function hostsIn(line: string): number {
  const more = /… (\d+) more hosts?/.exec(line)?.[1] ?? / \((\d+)\)/.exec(line)?.[1] ?? /\b(\d+) hosts\b/.exec(line)?.[1];
  return more === undefined ? 1 : Number(more);
}
