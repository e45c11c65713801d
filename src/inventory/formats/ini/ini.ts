import { type ErrorParts, InputError, InputErrors } from '../../../base/errors.js';
import type { Place } from '../../../base/place.js';
import { placedWords, ShellWordsError, type Word } from '../../../base/shell-words.js';
import { type Draft, DraftError, type DraftGroup } from '../../draft/draft.js';
import { type HostNames, hostNames } from '../../draft/host-names.js';
import { PyOther, type PyValue } from '../../model/python-values.js';
import { variable } from '../../model/values.js';
import { PythonValues } from '../../python/literal.js';
import { LiteralError } from '../../python/literal-reader.js';
import { type HostLine, HostLines } from './host-lines.js';
import { LineVars } from './line-vars.js';
import { PendingGroups } from './pending.js';

type Kind = 'hosts' | 'children' | 'vars' | 'unknown';
/** More would not help. */
const MOST_ERRORS = 20;

const SECTION = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const GROUP_NAME = /^([^:\]\s]+)\s*(?:#.*)?$/;
/** Python's `splitlines` and `strip` know more than \n and spaces. */
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const INK = /[!-~]/;
const STRIP = /^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g;

/**
 * Reads an INI inventory into a draft.
 * Source: ansible/plugins/inventory/ini.py
 * @throws InputError with file:line:column.
 */
export function readIni(text: string, file: string, draft: Draft): void {
  new IniReader(file, draft).read(text);
}

class IniReader {
  readonly #file: string;
  readonly #draft: Draft;
  readonly #pending: PendingGroups;
  readonly #values = new PythonValues();
  readonly #lines = new HostLines();
  #group: DraftGroup;
  #kind: Kind = 'hosts';
  /** Leading whitespace of the current line. */
  #indent = 0;
  #line = 0;
  #sectioned = false;
  readonly #errors: ErrorParts[] = [];

  constructor(file: string, draft: Draft) {
    this.#file = file;
    this.#draft = draft;
    this.#pending = new PendingGroups(draft);
    this.#group = draft.addGroup('ungrouped');
  }

  read(text: string): void {
    if (text.startsWith('\uFEFF')) {
      throw new InputError({
        what: 'The file begins with a byte order mark',
        where: { file: this.#file, line: 1, column: 1 },
        why: 'Ansible reads it as part of the first name',
        fix: 'Save the file as UTF-8 without a byte order mark (BOM)',
      });
    }
    for (const raw of text.split(LINE_END)) {
      this.#line++;
      this.#indent = raw.length - raw.trimStart().length;
      const line = strip(raw);
      if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
      if (this.#errors.length === MOST_ERRORS) break;
      this.#safely(line);
    }
    if (this.#errors.length > 0) throw new InputErrors(this.#errors);
    this.#pending.check();
  }

  /** After a section header this is certainly an INI file, so all wrong lines are reported together. */
  #safely(line: string): void {
    try {
      this.#read(line);
    } catch (error) {
      const bad = error instanceof DraftError ? this.#bad(error.message, undefined, 'Remove one of them') : error;
      if (!(bad instanceof InputError) || !this.#sectioned) throw bad;
      this.#errors.push(bad.parts);
    }
  }

  #read(line: string): void {
    const header = line.startsWith('[') ? SECTION.exec(line) : null;
    if (header) this.#header(header[1] ?? '', header[2]);
    else if (this.#kind === 'unknown') return;
    else if (line.startsWith('[') && line.endsWith(']'))
      throw this.#badSection(
        'This is not a section header',
        `It reads ${line}`,
        'Write [group], [group:children] or [group:vars], without whitespace',
      );
    else if (this.#kind === 'children') this.#child(line);
    else if (this.#kind === 'vars') this.#variable(line);
    else this.#hosts(line);
  }

  #header(name: string, kind: string | undefined): void {
    if (kind !== undefined && kind !== 'hosts' && kind !== 'children' && kind !== 'vars')
      throw this.#badSection(
        `There is no section type :${kind}`,
        undefined,
        `Write [${name}], [${name}:children] or [${name}:vars]`,
      );
    this.#kind = kind ?? 'hosts';
    this.#sectioned = true;
    if (this.#kind === 'vars' && !this.#draft.groups.has(name)) this.#pending.variables(name, this.#source());
    this.#group = this.#draft.addGroup(name, this.#source());
    if (this.#kind !== 'vars') this.#pending.declared(name);
  }

  /** The lines that follow cannot be checked. */
  #badSection(what: string, why: string | undefined, fix: string): InputError {
    this.#kind = 'unknown';
    return this.#bad(what, why, fix);
  }

  #child(line: string): void {
    const name = GROUP_NAME.exec(line)?.[1];
    if (name === undefined) throw this.#bad(`${line} is not the name of a group`, undefined, 'Write one group per line');
    const child = this.#draft.groups.get(name);
    if (child) this.#group.addChild(child);
    else this.#pending.child(name, this.#group.name, this.#source());
  }

  #variable(line: string): void {
    const equals = line.indexOf('=');
    if (equals < 0) throw this.#bad('A variable has no value', `It reads ${line}`, 'Write name=value');
    const name = strip(line.slice(0, equals));
    const source = this.#source();
    const value = this.#value(strip(line.slice(equals + 1)), source.column);
    this.#draft.setVariable(this.#group.name, name, variable(value, source));
  }

  /** @param column for the error, if it cannot be read. */
  #value(text: string, column: number): PyValue {
    try {
      const value = this.#values.value(text);
      // Top-level bytes become text; in lists they stay bytes.
      if (value instanceof PyOther && value.type === 'bytes') return Buffer.from(value.text, 'latin1').toString('utf8');
      return value;
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
      throw this.#bad('This value cannot be read', error.message, 'Quote it if it is meant as text', column);
    }
  }

  #hosts(line: string): void {
    const read = this.#lines.read(line) ?? this.#hostLine(line);
    if (read === undefined) return;
    const { names, port } = this.#names(read.pattern);
    const columns = read.at.map((at) => this.#indent + at + 1);
    const values = read.texts.map((text, i) => this.#value(text, columns[i] ?? 1));
    const vars = new LineVars(read.names, values, this.#file, this.#line, columns);
    const source = this.#source();
    if (names.length === 0) this.#draft.warnings.push({ what: `the range ${read.pattern.text} matches no host`, where: source });
    for (const name of names) {
      this.#draft.addHost(name, source, this.#group, port);
      this.#draft.setVariables(name, vars);
    }
  }

  /** A line in any other form; undefined: there is only a comment. */
  #hostLine(line: string): HostLine | undefined {
    const [pattern, ...words] = this.#words(line);
    if (pattern === undefined) return undefined;
    // Errors in the host name come before those that follow it.
    this.#names(pattern);
    const assignments = words.map((word) => {
      const equals = word.text.indexOf('=');
      if (equals < 0) throw this.#noVariable(word, words);
      return { name: word.text.slice(0, equals), text: word.text.slice(equals + 1), at: word.at };
    });
    // Overridden values must be readable as well.
    for (const a of assignments) this.#value(a.text, this.#column(a));
    return this.#lines.of(pattern, assignments);
  }

  #noVariable(word: Word, assignments: readonly Word[]): InputError {
    // `ip={{ x }}`: the value ends at the next space.
    const template = assignments.findLast((w) => w.at < word.at && /^[^=]+=.*\{\{$/.test(w.text));
    const name = template?.text.slice(0, template.text.indexOf('='));
    return this.#bad(
      `${word.text} is not a variable`,
      'Words after the host are name=value',
      name === undefined
        ? 'Quote values that contain whitespace; begin a comment with #'
        : `Put the template in quotes: ${name}="{{ … }}"`,
      this.#column(template ?? word),
    );
  }

  #words(line: string): Word[] {
    try {
      return placedWords(line);
    } catch (error) {
      if (!(error instanceof ShellWordsError)) throw error;
      throw this.#bad('This line cannot be split into words', error.message, 'Close the quotes', this.#column(error));
    }
  }

  #names(pattern: Word): HostNames {
    try {
      const found = hostNames(pattern.text);
      if (pattern.text.trim().endsWith(':') && found.port === undefined)
        throw this.#bad(
          `${pattern.text} is not the name of a host`,
          'The colon must be followed by a port',
          'Write NAME or NAME:PORT; if this is meant as YAML, name the file .yml',
        );
      if (found.names.some((n) => n.trim() === '---'))
        throw this.#bad('--- is not the name of a host', 'A YAML file begins like this', 'Name the file .yml');
      return found;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#bad(
        `The range in ${pattern.text} cannot be read`,
        error.message,
        'Write it like node[01:09] or node[a:f]; a group begins with a line [group]',
      );
    }
  }

  #source(): Place {
    return { file: this.#file, line: this.#line, column: this.#indent + 1 };
  }

  #column(place: { readonly at: number }): number {
    return this.#indent + place.at + 1;
  }

  #bad(what: string, why: string | undefined, fix: string, column?: number): InputError {
    const source = this.#source();
    return new InputError({ what, where: { ...source, column: column ?? source.column }, why, fix });
  }
}

/** Python's `strip`: `trim` would also remove a byte order mark. */
function strip(text: string): string {
  if (INK.test(text[0] ?? '') && INK.test(text.at(-1) ?? '')) return text;
  return text.replaceAll(STRIP, (blanks) => (blanks.includes('\uFEFF') ? blanks : ''));
}
