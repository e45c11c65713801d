import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOsRelease, parseShellVariables } from '../../src/facts/os-release.js';
import { FUZZ_RUNS, fuzzOptions } from '../support/random/fuzz.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-os-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a shell makes of the file: os-release(5) is defined by that. */
function bySourcing(text: string, names: readonly string[]): Map<string, string> {
  const file = join(dir, 'os-release');
  writeFileSync(file, text);
  const script = `. "$0"; for n in "$@"; do eval "printf '%s\\0' \\"\\$$n\\""; done`;
  const out = execFileSync('env', ['-i', 'LC_ALL=C.UTF-8', '/bin/sh', '-c', script, file, ...names], { encoding: 'utf8' });
  return new Map(
    out
      .split('\0')
      .slice(0, -1)
      .map((value, i) => [names[i] ?? '', value]),
  );
}

const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abz019 .:/()-_') },
  { weight: 3, arbitrary: fc.constantFrom(...'\\"\'`$;#=[]{}&|<>*?~!%') },
  { weight: 1, arbitrary: fc.constantFrom('ä', '→', '😀') },
);
const text = fc.string({ unit: character, maxLength: 12 });
/** The forms that os-release(5) allows, and a value that INI takes for something else. */
const written = fc.oneof(
  text.map((s) => `"${s.replaceAll(/[$`"\\]/g, '\\$&')}"`),
  // A backslash in front of any other character stays.
  text.map((s) => `"${s.replaceAll(/[$`"\\]/g, '\\$&')}\\n"`),
  text.map((s) => `'${s.replaceAll("'", '')}'`),
  fc.string({ unit: fc.constantFrom(...'abz019.:/-_'), maxLength: 8 }),
  fc.constantFrom('true', 'false', 'null', '"null"', "'22.10'", "'1e3'", '"012"', "'{}'", '[a]', '"[a.b]"', 'a\\;b', 'a\\#b', ''),
);
const name = fc.constantFrom('ID', 'ID_LIKE', 'VERSION_ID', 'PRETTY_NAME', 'NAME', 'CPE_NAME');
const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(name, written).map(([n, v]) => `${n}=${v}`) },
  { weight: 1, arbitrary: fc.constantFrom('# a comment with "quotes', '', '  ', '#ID=other', '  # indented') },
);

describe('os-release', () => {
  it('is read as a shell reads it', () => {
    const names = ['ID', 'ID_LIKE', 'VERSION_ID', 'PRETTY_NAME', 'NAME', 'CPE_NAME'];
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', ''), (lines, end) => {
        const file = lines.join('\n') + end;
        const read = parseShellVariables(file);
        expect(new Map(names.map((n) => [n, read.get(n) ?? '']))).toEqual(bySourcing(file, names));
      }),
      fuzzOptions(FUZZ_RUNS * 2),
    );
  });

  it.each([
    [
      'Rocky Linux',
      'NAME="Rocky Linux"\nVERSION="9.3 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\n',
      { id: 'rocky', like: ['rocky', 'rhel', 'centos', 'fedora'], version: '9.3', pretty: 'Rocky Linux 9.3 (Blue Onyx)' },
    ],
    [
      'a version that looks like a number',
      "ID=ubuntu\nVERSION_ID='22.10'\n",
      { id: 'ubuntu', like: ['ubuntu'], version: '22.10', pretty: '' },
    ],
    [
      'Debian testing, which has no version',
      'ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"',
      { id: 'debian', like: ['debian'], version: '', pretty: 'Debian GNU/Linux trixie/sid' },
    ],
    ['an empty file', '', { id: '', like: [], version: '', pretty: '' }],
  ])('%s', (_, file, os) => {
    expect(parseOsRelease(file)).toEqual(os);
  });

  it('takes neither sections nor odd names for variables', () => {
    expect([...parseShellVariables('ID=a\n__proto__=x\nA[]=y\n[s]\nID=b\n').entries()]).toEqual([['ID', 'a']]);
  });
});
