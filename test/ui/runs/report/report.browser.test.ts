import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/engine/events.js';
import { Browser, missingForBrowser } from '../../../support/screen/browser.js';
import { page } from '../../../support/screen/page.js';
import { hostNames, syntheticRun } from '../../../support/screen/synthetic.mjs';

const missing = missingForBrowser();
const dir = mkdtempSync(join(tmpdir(), 'kubewright-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function written(name: string, events: readonly RunEvent[]): string {
  const file = join(dir, name);
  writeFileSync(file, page(events));
  return file;
}

/** What floats at the bottom of the screen. */
const CAPTION = `[...document.querySelectorAll('.track span')].find((e) => getComputedStyle(e).position === 'fixed')?.textContent ?? ''`;
const block = (row: number, n: number): string => `.row:nth-child(${row + 1}) label:nth-child(${n})`;

// A browser needs long to start on a machine that is busy.
describe.skipIf(missing)(`the report in a browser${missing ? ` (${missing})` : ''}`, { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  }, 240_000);
  afterAll(() => browser?.close());

  it('names a task to a finger, on a phone, without a page that is wider than it', async () => {
    await browser.open(written('phone.html', syntheticRun({ hosts: 9, failing: ['w103-k8s'] })), 360, 740, true);
    expect(await browser.value(CAPTION)).toBe('');
    await browser.tap(block(2, 2));
    const first = await browser.value(CAPTION);
    expect(first).toMatch(/^[A-Z].*: (ok|changed), [\d.]+s$/);
    await browser.tap(block(7, 12));
    expect(await browser.value(CAPTION)).not.toBe(first);
    await browser.tap('label.s-failed');
    expect(await browser.value(CAPTION)).toMatch(/^Install the kubelet.*: failed, /);
    await browser.tap('.plays label:nth-child(2)');
    expect(await browser.value(CAPTION)).toMatch(/^container runtime: \d+s$/);
    expect(await browser.value('document.documentElement.scrollWidth')).toBe(360);
  });

  it('names it to a keyboard, a row at each Tab, a task at each arrow', async () => {
    await browser.open(written('keys.html', syntheticRun({ hosts: 9 })), 1280, 800);
    await browser.value(`document.querySelector('#z1').focus()`);
    await browser.press('Tab');
    expect(await browser.value(CAPTION)).toMatch(/^prepare: /);
    await browser.press('ArrowRight');
    expect(await browser.value(CAPTION)).toMatch(/^container runtime: /);
    const row = (): Promise<string> => browser.value(`document.activeElement.closest('.track').getAttribute('aria-label')`);
    await browser.press('Tab');
    expect(await row()).toBe('m11-k8s');
    const seen = new Set([await browser.value<string>(CAPTION)]);
    for (let i = 0; i < 5; i++) {
      await browser.press('ArrowRight');
      seen.add(await browser.value<string>(CAPTION));
    }
    expect(seen.size).toBe(6);
    await browser.press('Tab');
    expect(await row()).toBe('m12-k8s');
  });

  it('names everything to a screen reader', async () => {
    await browser.open(written('reader.html', syntheticRun({ hosts: 9, failing: ['w103-k8s'] })), 1280, 800);
    expect(await browser.names('radiogroup')).toEqual(['Plays', ...hostNames(9)]);
    const names = await browser.names('radio');
    expect(names).toContain('zoom 4 times');
    expect(names.filter((n) => /^\S.*\S: (ok|changed|failed), [\d.]+s$/.test(n)).length).toBeGreaterThan(400);
    expect(names.filter((n) => n.includes(': failed,'))).toHaveLength(1);
    // What is short and alike is one block with all its names.
    await browser.open(written('short.html', syntheticRun({ hosts: 3, slow: ['w101-k8s'] })), 1280, 800);
    expect((await browser.names('radio')).some((n) => /^\d+ tasks: \w.*, .*: (ok|changed), /.test(n))).toBe(true);
  });

  it('holds 200 hosts of which each ended in its own way', async () => {
    const names = hostNames(200);
    await browser.open(written('many.html', syntheticRun({ hosts: 200, failing: names.slice(3) })), 1280, 800);
    expect(await browser.value(`document.querySelectorAll('.track label').length`)).toBeGreaterThan(8000);
    await browser.tap(block(150, 4));
    expect(await browser.value(CAPTION)).toMatch(/: (ok|changed), /);
    await browser.press('ArrowRight');
    expect(await browser.value(CAPTION)).toMatch(/: (ok|changed), /);
  });

  it('tells names of hosts that a narrow screen cuts', async () => {
    await browser.open(written('hosts.html', syntheticRun({ hosts: 200 })), 360, 740, true);
    const shown = `[...document.querySelectorAll('.row details')].filter((d) => d.open).map((d) => d.lastChild.textContent)`;
    expect(await browser.value(shown)).toEqual([]);
    await browser.tap('.row:nth-child(3) summary');
    expect(await browser.value(shown)).toEqual(['w1001…w1197-k8s (197)']);
  });

  it('is printed with differences unfolded, and with nothing that floats', async () => {
    const run = syntheticRun({ hosts: 200 });
    const diff = run.map((e) => (e.type === 'task-end' && e.status === 'changed' ? { ...e, diff: '+ADDED' } : e));
    await browser.open(written('print.html', diff), 1280, 800);
    await browser.tap(block(2, 3));
    const visible = `document.querySelector('details .add').checkVisibility()`;
    expect(await browser.value(visible)).toBe(false);
    expect(await browser.value(CAPTION)).not.toBe('');
    await browser.say('Emulation.setEmulatedMedia', { media: 'print' });
    expect(await browser.value(visible)).toBe(true);
    expect(await browser.value(CAPTION)).toBe('');
    await browser.say('Emulation.setEmulatedMedia', { media: '' });
  });
});
