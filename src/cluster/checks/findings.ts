import type { ErrorParts } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { Host, Inventory } from '../../inventory/model/model.js';

/** error: nothing can be installed like this. warning: it will hardly be what is meant. info: good to know. */
export type Severity = 'error' | 'warning' | 'info';

export interface Finding extends ErrorParts {
  readonly severity: Severity;
}

export function at(s: Place): string {
  return s.line > 0 ? `${s.file}:${s.line}:${s.column}` : s.file;
}

/** Where a variable of a host was set; undefined: nowhere. */
export function whereOf(host: Host, name: string): string | undefined {
  const variable = host.vars.get(name);
  return variable && at(variable.source);
}

/** Where a group is declared; undefined: nowhere. */
export function groupPlace(inventory: Inventory, name: string): string | undefined {
  const source = inventory.groups.get(name)?.source;
  return source && at(source);
}

/** `hosts.ini:3:7` taken apart; what names no line has line 0. */
export function placeOf(where: string | undefined): Place {
  const match = /^(.*?):(\d+)(?::(\d+))?$/.exec(where ?? '');
  if (!match) return { file: where ?? '', line: 0, column: 0 };
  return { file: match[1] ?? '', line: Number(match[2]), column: Number(match[3] ?? 0) };
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Each once, by file, line and column. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const once = findings.filter((f, i) => findings.findIndex((g) => g.what === f.what && g.where === f.where) === i);
  return once.sort((a, b) => {
    const [x, y] = [placeOf(a.where), placeOf(b.where)];
    if (x.file !== y.file) return x.file < y.file ? -1 : 1;
    return x.line - y.line || x.column - y.column || RANK[a.severity] - RANK[b.severity] || (a.what < b.what ? -1 : 1);
  });
}
