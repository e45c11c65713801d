import { describe, expect, it } from 'vitest';
import { page } from '../../../support/screen/page.js';
import { hostNames, syntheticRun } from '../../../support/screen/synthetic.mjs';

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Strict as an XML parser: every tag closed in order, every attribute quoted, every & and < escaped. */
function parse(text: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  const rest = text.replace(/^<!DOCTYPE html>\n/, '');
  const token = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<]*")*)(\/?)>|([^<]+)|([\s\S])/gy;
  for (const [whole, close, name = '', attributes = '', empty, words, wrong] of rest.matchAll(token)) {
    if (wrong !== undefined) throw new Error(`not well-formed: ${rest.slice(rest.indexOf(whole), 80)}`);
    if (words !== undefined) {
      const inStyle = open.at(-1) === 'style';
      if (!inStyle && /&(?!(amp|lt|gt|quot|#39);)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(words))
        throw new Error(`not escaped: ${words}`);
    } else if (close) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = [...attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map((m): [string, string] => [m[1] ?? '', m[2] ?? '']);
      elements.push({ name, attributes: new Map(pairs) });
      if (!empty) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return elements;
}

/** Opens anywhere: no script, nothing fetched. */
function expectAlone(text: string): Element[] {
  const elements = parse(text);
  for (const e of elements) {
    expect(['script', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'form']).not.toContain(e.name);
    for (const name of e.attributes.keys()) expect(name).not.toMatch(/^(src|href|srcset|action|on.*)$/);
  }
  expect(text).not.toMatch(/url\s*\(|@import|https?:\/\/[^\s<]*["')]/i);
  return elements;
}

describe('the report', () => {
  it('is one well-formed file that fetches nothing', () => {
    const elements = expectAlone(page(syntheticRun({ hosts: 9, failing: ['w103-k8s'] })));
    expect(elements.filter((e) => e.attributes.get('class') === 'row')).toHaveLength(9);
    const blocks = elements.filter((e) => e.name === 'label' && e.attributes.get('class') === 's-changed');
    expect(blocks.length).toBeGreaterThan(100);
    for (const b of blocks) expect(b.attributes.get('style')).toMatch(/^left:[\d.]+%;width:[\d.]+%$/);
  });

  it('shows failures with their output and hint, and a killed run for what it was', () => {
    const text = page(syntheticRun({ hosts: 9, failing: ['w103-k8s', 'w104-k8s'] }));
    expect(text).toContain('w103-k8s, w104-k8s (2)');
    expect(text).toContain('connect: connection refused');
    expect(text).toContain('journalctl -u kubelet');
    const events = syntheticRun({ hosts: 9 });
    const killed = page(events.slice(0, events.length / 2));
    expectAlone(killed);
    expect(killed).toContain('its process was killed');
    expect(killed).toContain('class="s-unfinished"');
  });

  it('stays small with 200 hosts, and gives the odd ones rows of their own', () => {
    const names = hostNames(200);
    const text = page(syntheticRun({ hosts: 200, failing: names.slice(5, 7), slow: names.slice(40, 41) }));
    const elements = expectAlone(text);
    expect(text.length).toBeLessThan(300_000);
    const rows = elements.filter((e) => e.attributes.get('role') === 'radiogroup').map((e) => e.attributes.get('aria-label'));
    // And one of the plays.
    expect(rows).toHaveLength(6);
    for (const odd of [...names.slice(5, 7), ...names.slice(40, 41)]) expect(rows).toContain(odd);
  });

  it('escapes everything that came from elsewhere', () => {
    const evil = `<script>alert("1")</script>&'\x1b[31m\u0000\ud800`;
    const task = { play: evil, host: 'a', task: evil, title: evil };
    const text = page(
      [
        { at: 0, type: 'run-start', run: evil, title: evil, hosts: ['a', evil], dir: evil, check: false },
        { at: 1, type: 'warning', text: evil },
        { at: 1, type: 'host-unreachable', host: evil, error: evil },
        { at: 2, type: 'play-start', play: evil, hosts: ['a'], tasks: { a: 2 } },
        { at: 9000, type: 'task-end', ...task, status: 'changed', ms: 4000, diff: `+${evil}\n-${evil}` },
        { at: 9900, type: 'task-end', ...task, status: 'failed', ms: 900, code: 1, tail: [evil, evil], hint: evil },
      ],
      { unknown: new Map([[evil, 2]]) },
    );
    expectAlone(text);
    expect(text).not.toContain('<script');
    expect(text).not.toContain('\x1b');
    expect(text).toContain('&lt;script&gt;');
  });

  it('is made of a run that did nothing, too', () => {
    expectAlone(page([]));
  });
});
