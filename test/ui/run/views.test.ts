import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { duration } from '../../../src/base/text/format.js';
import type { RunEvent, RunEventBody } from '../../../src/engine/events.js';
import { createView } from '../../../src/ui/run/create-view.js';
import { PlainView } from '../../../src/ui/run/plain.js';
import { TerminalView } from '../../../src/ui/run/terminal.js';
import type { ViewOptions } from '../../../src/ui/run/view.js';
import { screenOf } from '../../support/screen/screen.js';

function screen(more: Partial<ViewOptions> = {}): { o: ViewOptions; text: () => string } {
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { o: { stdout, stderr: new PassThrough(), verbosity: 0, color: false, ...more }, text: () => text };
}

const start = { play: 'etcd', of: 2 } as const;
const story: RunEventBody[] = [
  { type: 'run-start', run: 'r', title: 'provision', hosts: ['m1', 'w101', 'w102'], dir: '/j/r', check: false },
  { type: 'host-unreachable', host: 'w102', error: 'no route to host' },
  { type: 'play-start', play: 'etcd', hosts: ['m1', 'w101'], tasks: { m1: 2, w101: 2 } },
  { ...start, type: 'task-start', host: 'm1', task: 'a', title: 'Install etcd', n: 1 },
  { ...start, type: 'task-start', host: 'w101', task: 'a', title: 'Install etcd', n: 1 },
  { type: 'task-end', play: 'etcd', host: 'w101', task: 'a', title: 'Install etcd', status: 'ok', ms: 10 },
  { ...start, type: 'task-start', host: 'w101', task: 'b', title: 'Start etcd', n: 2 },
  { type: 'task-end', play: 'etcd', host: 'w101', task: 'b', title: 'Start etcd', status: 'ok', ms: 10 },
  { type: 'task-output', play: 'etcd', host: 'm1', task: 'a', text: 'unpacking' },
  { type: 'host-lost', host: 'm1', error: 'connection reset', attempt: 1 },
  { type: 'host-back', host: 'm1' },
  { type: 'push', host: 'm1', artifact: 'etcd', bytes: 5_000_000, of: 10_000_000 },
  { type: 'push', host: 'm1', artifact: 'etcd', bytes: 10_000_000, of: 10_000_000 },
  {
    type: 'task-end',
    play: 'etcd',
    host: 'm1',
    task: 'a',
    title: 'Install etcd',
    status: 'changed',
    ms: 3200,
    diff: '-old\n+new',
  },
  { ...start, type: 'task-start', host: 'm1', task: 'b', title: 'Start etcd', n: 2 },
  {
    type: 'task-end',
    play: 'etcd',
    host: 'm1',
    task: 'b',
    title: 'Start etcd',
    status: 'failed',
    ms: 61_000,
    code: 1,
    tail: ['bind: address already in use'],
    hint: 'journalctl -u etcd',
  },
  { type: 'play-end', play: 'etcd', ms: 65_000, failed: ['m1'] },
  {
    type: 'run-end',
    run: 'r',
    ms: 66_000,
    exitCode: 1,
    recap: [
      { host: 'm1', ok: 0, changed: 1, failed: 1, skipped: 0, unreachable: false },
      { host: 'w101', ok: 2, changed: 0, failed: 0, skipped: 0, unreachable: false },
      { host: 'w102', ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: true },
    ],
  },
];
const failure = { at: 2, type: 'task-end', play: 'p', host: 'w1', task: 'a', title: 'T', status: 'failed', ms: 10 } as const;
const events: RunEvent[] = story.map((e, i) => ({ at: 1_000_000 + i * 100, ...e }));

describe('the plain view', () => {
  it('tells what changed, what failed and how it ended', async () => {
    const { o, text } = screen();
    const view = await createView('plain', o);
    for (const e of events) view.event(e);
    await view.end();
    expect(text()).toBe(`provision: 3 hosts, log: /j/r
UNREACHABLE w102: no route to host

PLAY etcd (2 hosts)
w101 ok 2 tasks 0.3s
m1 connection lost, try 1: connection reset
m1 reconnected; its tasks kept running
m1 received etcd (10 MB)
m1 changed: Install etcd 3.2s
  -old
  +new
FAILED m1: Start etcd [b] (exit status 1) after 1m01s
  | bind: address already in use
  hint: journalctl -u etcd
  Log: /j/r/m1.log

TIMES
etcd    1m05s
total   1m06s

RECAP
m1   : ok=0    changed=1    failed=1    unreachable=0    skipped=0    1m04s
w101 : ok=2    changed=0    failed=0    unreachable=0    skipped=0    0.0s
w102 : ok=0    changed=0    failed=0    unreachable=1    skipped=0

FAILURES
UNREACHABLE w102: no route to host
FAILED m1: Start etcd [b] (exit status 1) after 1m01s
  | bind: address already in use
  hint: journalctl -u etcd
  Log: /j/r/m1.log

Log: /j/r
`);
  });

  it('shows more when asked for more', async () => {
    const { o, text } = screen({ verbosity: 2 });
    const view = await createView('plain', o);
    for (const e of events) view.event(e);
    expect(text()).toContain('m1 [1/2] Install etcd\n');
    expect(text()).toContain('m1 | unpacking\n');
    expect(text()).toContain('w101 ok: Install etcd 0.0s\n');
  });

  it('says now and then what takes long', () => {
    const { o, text } = screen();
    const view = new PlainView(o);
    for (const e of events.slice(0, 4)) view.event(e);
    const began = events[3]?.at ?? 0;
    view.heartbeat(began + 14_000);
    view.heartbeat(began + 20_000);
    view.heartbeat(began + 25_000);
    view.heartbeat(began + 36_000);
    expect(
      text()
        .split('\n')
        .filter((l) => l.includes('still running')),
    ).toEqual(['m1 still running: Install etcd (20s)', 'm1 still running: Install etcd (36s)']);
  });

  it('puts the same news of many hosts together', async () => {
    const { o, text } = screen();
    const view = await createView('plain', o);
    const hosts = Array.from({ length: 30 }, (_, i) => `w${i + 1}`);
    const task = { play: 'p', task: 'a', title: 'Do it' };
    view.event({ at: 0, type: 'run-start', run: 'r', title: 't', hosts, dir: '/j', check: false });
    for (const host of ['w30', 'w29']) view.event({ at: 1, type: 'host-unreachable', host, error: 'no route' });
    view.event({ at: 10, type: 'play-start', play: 'p', hosts, tasks: {} });
    for (const host of hosts.slice(0, 28).reverse()) {
      const failed = host === 'w7' || host === 'w9';
      view.event({
        at: 1000,
        type: 'task-end',
        ...task,
        host,
        ms: 100,
        ...(failed ? { status: 'failed', tail: ['no'] } : { status: 'changed' }),
      });
    }
    view.event({ at: 1100, type: 'play-end', play: 'p', ms: 1090, failed: ['w7', 'w9'] });
    expect(text()).toBe(`t: 30 hosts, log: /j
UNREACHABLE w29, w30 (2): no route

PLAY p (30 hosts)
w1…w6, w8, w10…w28 (26) changed: Do it 0.1s
FAILED w7, w9 (2): Do it [a] after 0.1s
  | no
  Logs: /j/w7.log and 1 other
`);
  });

  it('says "would change" in check mode, and colours differences', async () => {
    const { o, text } = screen({ color: true });
    const view = await createView('plain', o);
    view.event({ at: 0, type: 'run-start', run: 'r', title: 'provision', hosts: ['m1'], dir: '/j', check: true });
    view.event({ at: 0, type: 'play-start', play: 'p', hosts: ['m1'], tasks: { m1: 1 } });
    view.event({ at: 0, type: 'task-start', play: 'p', host: 'm1', task: 'a', title: 'T', n: 1, of: 1 });
    view.event({
      at: 5,
      type: 'task-end',
      play: 'p',
      host: 'm1',
      task: 'a',
      title: 'T',
      status: 'would-change',
      ms: 5,
      diff: '+x',
    });
    expect(text()).toContain('\x1b[33mwould change\x1b[0m: T');
    expect(text()).toContain('\x1b[32m+x\x1b[0m');
    expect(text()).toContain('1 would change of 1 task');
  });
});

describe('the other views', () => {
  it('json: every event, one a line', async () => {
    const { o, text } = screen();
    const view = await createView('json', o);
    for (const e of events) view.event(e);
    expect(
      text()
        .trim()
        .split('\n')
        .map((l) => JSON.parse(l)),
    ).toEqual(events);
  });

  it('terminal: what happened stays above the picture, which is gone at the end', async () => {
    const { o, text } = screen();
    const before = process.listenerCount('SIGINT');
    let now = 0;
    const stdout = { columns: 120, rows: 40, write: (chunk: string) => o.stdout.write(chunk) };
    const view = new TerminalView({ ...o, clock: () => now, history: () => Promise.resolve(undefined) }, stdout);
    let last = '';
    for (const e of events) {
      now = e.at;
      view.event(e);
      if (e.type !== 'run-end') {
        view.draw();
        last = screenOf(text(), 120, 40).join('\n');
      }
      expect(process.listenerCount('SIGINT')).toBe(before);
    }
    expect(last).toContain('Preparing the next play');
    await view.end();
    const end = screenOf(text(), 120, 40).join('\n');
    expect(end).not.toContain('Preparing the next play');
    const failure = end.indexOf('FAILED m1: Start etcd [b]');
    expect(failure).toBeGreaterThan(end.indexOf('  +new'));
    expect(end.indexOf('✗ etcd 1m05s  2 hosts, 1 changed on 1, 1 failed')).toBeGreaterThan(failure);
    expect(end.indexOf('RECAP')).toBeGreaterThan(failure);
    expect(text()).toContain('\x1b[?25h');
  });

  it('terminal: warnings and hints are wrapped between words, with their label in colour; off a terminal they are not', async () => {
    const text = 'the clock of this host is off by more than three seconds';
    const warning: RunEvent = { at: 1, type: 'warning', host: 'w1', text };
    const { o, text: shown } = screen({ color: true });
    const view = new TerminalView(o, { columns: 40, rows: 10, write: (chunk: string) => o.stdout.write(chunk) });
    view.event(warning);
    view.event({ ...failure, hint: text });
    void view.end();
    const lines = screenOf(shown(), 40, 10);
    expect(lines).toEqual(expect.arrayContaining(['warning: w1: the clock of this host is', '  off by more than three seconds']));
    expect(lines).toEqual(expect.arrayContaining(['  hint: the clock of this host is off', '    by more than three seconds']));
    expect(shown()).toContain('\x1b[33mwarning:\x1b[0m w1');
    const plain = screen();
    (await createView('plain', plain.o)).event(warning);
    expect(plain.text()).toBe(`warning: w1: ${text}\n`);
  });

  it('terminal without a terminal is plain', async () => {
    expect(await createView('terminal', screen().o)).toBeInstanceOf(PlainView);
    const { o } = screen();
    const tty = { ...o, stdout: Object.assign(o.stdout, { isTTY: true }) };
    expect(await createView('terminal', { ...tty, term: 'dumb' })).toBeInstanceOf(PlainView);
    const live = await createView('terminal', { ...tty, term: 'xterm' });
    expect(live).toBeInstanceOf(TerminalView);
    void live.end();
  });

  it('writes durations as people do', () => {
    expect([40, 9_949, 9_950, 59_400, 61_000, 3_725_000].map(duration)).toEqual(['0.0s', '9.9s', '10s', '59s', '1m01s', '1h02m']);
  });
});
