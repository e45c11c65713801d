import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.js';
import { joinShell, sh } from '../../src/shell/shell.js';

const run = (text: string): string => execFileSync('sh', ['-c', text], { encoding: 'utf8' });

describe('sh', () => {
  it('gives every value to the shell as one word, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\0')),
          { minLength: 1, maxLength: 4 },
        ),
        (words) => {
          const out = run(sh`for w in ${words}; do printf '%s\\0' "$w"; done`.text);
          expect(out).toBe(words.map((w) => `${w}\0`).join(''));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('dedents the template and leaves the lines of values alone', () => {
    const yaml = 'list:\n    - a\n      b: 1\n';
    const text = sh`
      if true; then
        printf '%s' ${yaml}
      fi`;
    expect(text.text).toBe(`if true; then\n  printf '%s' '${yaml}'\nfi`);
    expect(run(text.text)).toBe(yaml);
  });

  it('puts shell into shell as it is', () => {
    const inner = sh`
      echo one
      echo two`;
    expect(
      run(
        sh`
      {
      ${inner}
      } | sort -r`.text,
      ),
    ).toBe('two\none\n');
  });

  it('mentions a secret by its name alone', () => {
    const secret = new Secret('token', 'hunter2');
    const text = sh`login --password-file ${secret}`;
    expect(text.text).toBe('login --password-file "$(kw_secret token)"');
    expect(text.secrets.get('token')).toBe(secret);
    expect(joinShell([text, sh`true`]).secrets.size).toBe(1);
  });

  it('refuses a template with a bad escape, whose text JavaScript would leave out', () => {
    expect(() => sh`printf '\033[0m'`).toThrow(/bad escape/);
  });

  it('refuses two secrets of one name', () => {
    expect(() => sh`${new Secret('a', '1')} ${new Secret('a', '2')}`).toThrow(/both named a/);
  });
});

describe('Secret', () => {
  it('never shows its value', () => {
    const secret = new Secret('token', 'hunter2');
    for (const text of [`${secret}`, JSON.stringify({ secret }), inspect(secret), inspect({ a: [secret] })])
      expect(text).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});
