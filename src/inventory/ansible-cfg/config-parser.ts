import { InputError } from '../../base/errors.js';
import type { Place } from '../../base/place.js';

export interface ConfigValue {
  readonly text: string;
  readonly source: Place;
}

/** Sections; in each the values by lower-case name. */
export type ConfigSections = ReadonlyMap<string, ReadonlyMap<string, ConfigValue>>;

/**
 * Reads what Python's `configparser` reads, with `;` for comments behind values, as Ansible sets it up. The usual INI
 * libraries differ: they cut values at `#`, and know neither `name: value` nor continuation lines.
 * @throws InputError with file:line:column.
 */
export function parseConfig(text: string, file: string): ConfigSections {
  const sections = new Map<string, Map<string, { text: string; readonly source: Place }>>();
  let section: Map<string, { text: string; readonly source: Place }> | undefined;
  let last: { text: string; readonly source: Place } | undefined;
  let indent = 0;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = /^\s*[#;]/.test(raw) ? '' : raw.replace(/(^|\s);.*$/, '').trimEnd();
    const here = line.length - line.trimStart().length;
    const source: Place = { file, line: i + 1, column: here + 1 };
    if (line.trim() === '') continue;
    if (last && here > indent) {
      last.text += `\n${line.trim()}`;
      continue;
    }
    const header = /^\s*\[(.+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) throw bad(`The section [${header}] appears twice`, source, 'Merge the two');
      section = new Map();
      sections.set(header, section);
      last = undefined;
      continue;
    }
    if (!section) throw bad('This line comes before the first section', source, 'Write [defaults] above it');
    const [, name, value] = /^\s*(.*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (!name || value === undefined) throw bad('This line has no value', source, 'Write name = value');
    const key = name.toLowerCase();
    if (section.has(key)) throw bad(`${key} is set twice`, source, 'Remove one');
    last = { text: value, source };
    indent = here;
    section.set(key, last);
  }
  return sections;
}

function bad(what: string, s: Place, fix: string): InputError {
  return new InputError({ what, where: s, fix });
}
