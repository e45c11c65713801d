import type { Warning } from '../../base/errors.js';
import { type Place, whereText, wholeFile } from '../../base/place.js';
import type { Host, Inventory } from '../../inventory/model/model.js';

/** error: nothing can be installed like this. warning: probably not what is meant. info: good to know. */
type Severity = 'error' | 'warning' | 'info';

export interface Finding extends Warning {
  readonly severity: Severity;
}

/** Where a variable of a host was set; undefined: nowhere. */
export function whereOf(host: Host, name: string): Place | undefined {
  return host.vars.get(name)?.source;
}

/** Where a group is declared; undefined: nowhere. */
export function groupPlace(inventory: Inventory, name: string): Place | undefined {
  return inventory.groups.get(name)?.source;
}

/** The inventory as a whole, where nothing narrower is known. */
export function firstFile(inventory: Inventory): Place | undefined {
  const [file] = inventory.files;
  return file === undefined ? undefined : wholeFile(file);
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Each once, by file, line and column. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const byText = new Map(findings.toReversed().map((f) => [`${f.what}\0${f.where === undefined ? '' : whereText(f.where)}`, f]));
  const once = [...byText.values()].reverse();
  return once.sort((a, b) => {
    const [x, y] = [placed(a), placed(b)];
    if (x.file !== y.file) return x.file < y.file ? -1 : 1;
    return x.line - y.line || x.column - y.column || RANK[a.severity] - RANK[b.severity] || (a.what < b.what ? -1 : 1);
  });
}

/** What has no place in a file comes first, hosts and options by their name. */
function placed({ where = '' }: Finding): Place {
  return typeof where === 'string' ? wholeFile(where) : where;
}
