import { describe, expect, it } from 'vitest';
import { hostRanges, hostsText } from '../../../src/base/text/host-ranges.js';
import { columnsOf } from '../../../src/base/text/width.js';
import { recapTable } from '../../../src/ui/format.js';

const many = (prefix: string, from: number, to: number, suffix = ''): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}${suffix}`);

describe('names of many hosts', () => {
  it('fold into ranges where the numbers go up by one', () => {
    expect(hostRanges([...many('m', 11, 13, '-k8s'), ...many('w', 101, 106, '-k8s')])).toEqual(['m11…m13-k8s', 'w101…w106-k8s']);
    expect(hostRanges(['w1', 'w2'])).toEqual(['w1', 'w2']);
    expect(hostRanges(['w8', 'w9', 'w10', 'w11'])).toEqual(['w8…w11']);
    expect(hostRanges(['w08', 'w09', 'w10'])).toEqual(['w08…w10']);
    expect(hostRanges(['w09', 'w010', 'w011'])).toEqual(['w09', 'w010', 'w011']);
    expect(hostRanges(['10.0.0.9', '10.0.0.10', '10.0.0.11'])).toEqual(['10.0.0.9…10.0.0.11']);
    expect(hostRanges(['db', 'web', 'w3', 'w1'])).toEqual(['db', 'web', 'w3', 'w1']);
    expect(hostRanges([])).toEqual([]);
  });

  it('fit the width that there is', () => {
    const hosts = [...many('m', 1, 3), 'lonely', ...many('w', 1, 200)];
    expect(hostsText(hosts)).toBe('m1…m3, lonely, w1…w200 (204)');
    expect(hostsText(hosts, 24)).toBe('m1…m3, lonely, … (204)');
    expect(hostsText(hosts, 10)).toBe('204 hosts');
    expect(hostsText(['a-very-long-name'], 8)).toBe('a-very-…');
    for (let width = 9; width < 40; width++) expect(hostsText(hosts, width).length).toBeLessThanOrEqual(width);
    const wide = ['日本', '東京1', '東京2', '東京3', '大阪'];
    expect(hostsText(wide, 22)).toBe('日本, … (5)');
    for (let width = 9; width < 40; width++) expect(columnsOf(hostsText(wide, width))).toBeLessThanOrEqual(width);
  });
});

describe('the recap', () => {
  const row = (host: string, more = {}) => ({ host, ok: 5, changed: 0, failed: 0, skipped: 0, unreachable: false, ...more });
  const plain = (_: string, text: string): string => text;

  it('puts 200 hosts together by what became of them, and what failed at the end', () => {
    const recap = many('w', 1, 200).map((h, i) => row(h, i === 70 ? { failed: 1 } : i >= 150 ? { changed: 2 } : {}));
    const busy = new Map(recap.map((r, i) => [r.host, 1000 + 10 * i]));
    expect(recapTable(recap, busy, false, plain)).toEqual([
      'w1…w70, w72…w150 (149) : ok=5    changed=0    failed=0    unreachable=0    skipped=0    1.0s-2.5s',
      'w151…w200 (50)         : ok=5    changed=2    failed=0    unreachable=0    skipped=0    2.5s-3.0s',
      'w71                    : ok=5    changed=0    failed=1    unreachable=0    skipped=0    1.7s',
    ]);
  });

  it('lines its columns up by what a terminal shows, not by characters', () => {
    const rows = recapTable([row('日本'), row('web1')], new Map(), false, plain);
    expect(rows.map((r) => r.split(' : ')[0])).toEqual(['日本', 'web1']);
  });

  it('leaves out what is zero if a row is wider than the terminal', () => {
    const rows = [row('w1', { changed: 2, failed: 1, skipped: 3 }), row('w2')];
    const busy = new Map([['w1', 1200]]);
    expect(recapTable(rows, busy, false, plain, 60)).toEqual(['w1 : ok=5 changed=2 failed=1 skipped=3 1.2s', 'w2 : ok=5']);
    expect(recapTable(rows, busy, false, plain, 80)[0]).toBe(
      'w1 : ok=5    changed=2    failed=1    unreachable=0    skipped=3    1.2s',
    );
  });

  it('gives each of nine hosts its row', () => {
    expect(
      recapTable(
        many('w', 1, 9).map((h) => row(h)),
        new Map(),
        false,
        plain,
      ),
    ).toHaveLength(9);
  });
});
