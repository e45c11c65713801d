import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALLOWED, expression, FORMS, type Form } from './support/wording/forms.js';
import { lineOf, ofScript, readProse } from './support/wording/texts.js';

const ROOT = join(import.meta.dirname, '..');
const PLACES = ['src', 'docs', 'vagrant', 'playbooks', 'inventories', 'bench', 'scripts', 'package.json'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** Not rewritten yet. Take out what you have converted; the last test says when an entry has nothing left to convert. */
const NOT_YET: readonly string[] = [];

interface Finding {
  readonly file: string;
  readonly line: number;
  /** The words that were found, and the line in which they begin. */
  readonly text: string;
  readonly whole: string;
  readonly form: Form;
}

const found = [...PAGES, ...PLACES.flatMap(filesBelow)].flatMap(findings);
const waits = (file: string) => NOT_YET.some((path) => file === path || file.startsWith(`${path}/`));

describe('the wording of messages, comments and docs', () => {
  test.each(FORMS)('$form: the pattern finds what it must, and no more', (form) => {
    for (const text of form.bad) expect(expression(form).test(text), text).toBe(true);
    for (const text of form.good) expect(expression(form).test(text), text).toBe(false);
  });

  test('texts, templates and comments are read, keys and shell comments are not', () => {
    const source = [
      "import x from './one';",
      'const a = ["key", "two words", `three ${x} four`, sh`\n  # five six\n  echo seven`];',
      '// eight',
      '// nine `ten`',
      'function f() {',
      '  return a; /** eleven */',
      '  // twelve',
      '}',
    ].join('\n');
    const text = ofScript('a.ts', source).map((p) => p.text);
    const all = text.join('|');
    for (const word of ['two words', 'three', 'four', 'seven', 'eight\n// nine', 'eleven', 'twelve']) expect(all).toContain(word);
    for (const word of ['one', 'key', 'five', 'ten`']) expect(all).not.toMatch(new RegExp(String.raw`\b${word}`));
    expect(text.filter((t) => t.includes('twelve'))).toHaveLength(1);
  });

  test('no banned form is left', () => {
    const wrong = found.filter((f) => !waits(f.file) && !allowed(f));
    expect(wrong.map((f) => `${f.file}:${f.line}: "${f.text}" (${f.form.form}); write: ${f.form.native}`)).toEqual([]);
  });

  test('each exception is still needed', () => {
    expect(ALLOWED.filter((a) => !found.some((f) => f.file === a.file && f.whole.includes(a.text)))).toEqual([]);
  });

  test('what waits to be rewritten has something left to rewrite', () => {
    const done = NOT_YET.filter((path) => !found.some((f) => (f.file === path || f.file.startsWith(`${path}/`)) && !allowed(f)));
    expect(done, 'take these out of NOT_YET').toEqual([]);
  });
});

function filesBelow(place: string): string[] {
  const path = join(ROOT, place);
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [place];
  return readdirSync(path, { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? filesBelow(`${place}/${e.name}`) : e.isFile() ? [`${place}/${e.name}`] : []))
    .filter((file) => /\.(?:ts|mts|mjs|md|yml|ini)$|\/[A-Z]\w+$/.test(file))
    .sort();
}

function findings(file: string): Finding[] {
  const { source, prose } = readProse(ROOT, file);
  const lines = source.split('\n');
  return FORMS.filter((form) => !form.except?.some((path) => file.startsWith(path))).flatMap((form) =>
    prose.flatMap(({ at, text }) =>
      [...text.matchAll(expression(form))].map((m) => {
        const line = lineOf(source, at + m.index);
        return { file, form, line, whole: lines[line - 1] ?? '', text: m[0].replaceAll(/[\s*/#>]+/g, ' ').trim() };
      }),
    ),
  );
}

function allowed(f: Finding): boolean {
  return ALLOWED.some((a) => a.file === f.file && f.whole.includes(a.text));
}
