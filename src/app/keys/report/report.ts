import { type ErrorParts, type KubewrightError, UnreachableError } from '../../../base/errors.js';
import { count } from '../../../base/text/format.js';
import { formatLabelled, formatParts, lookOf } from '../../../base/text/render-error.js';
import type { Change, KeyResult } from '../model/model.js';
import { reasonOf } from '../model/reason.js';

/** Above N hosts, those with the same result share a line. */
const FOLD_ABOVE = 20;
const NAMES_SHOWN = 10;
const INTERRUPTED = 130;

/** One line per host or group of hosts; then failures with what to do; then the total. */
export function printResults(results: readonly KeyResult[], o: { readonly dry: boolean; readonly connections: number }): void {
  const lines = results.map((r) => ({ host: r.host, text: resultText(r, o.dry) }));
  if (results.length > FOLD_ABOVE) for (const line of foldLines(lines)) say(line);
  else {
    const width = Math.max(...results.map((r) => r.host.length));
    for (const l of lines) say(`${l.host.padEnd(width)}  ${l.text.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`);
  }
  const cut = results.filter(isCut);
  const failed = results.filter((r) => r.error && !isCut(r));
  printRemedies(failed);
  const changed = results.filter((r) => r.changes.length > 0).length;
  const interrupted = cut.length > 0 ? `, ${cut.length} interrupted` : '';
  say(
    `${count(results.length, 'host')} over ${count(o.connections, 'connection')}: ${changed} ${o.dry ? 'would be changed' : 'changed'}, ${failed.length} failed${interrupted}`,
  );
  if (cut.length > 0) say('Run the same command again: finished work is kept.');
  else if (failed.length > 0 && failed.length < results.length)
    say('The others are finished. Fix the failed hosts and run the same command again: finished work is kept.');
}

function isCut(result: KeyResult): boolean {
  return result.error?.exitCode === INTERRUPTED;
}

/** What to do about each failure; hosts with the same failure share it. */
function printRemedies(failed: readonly KeyResult[]): void {
  const groups = new Map<string, { readonly parts: ErrorParts; readonly hosts: string[] }>();
  for (const { host, error } of failed) {
    if (!error?.parts.fix) continue;
    const key = formatParts({ ...error.parts, where: undefined });
    const group = groups.get(key) ?? { parts: error.parts, hosts: [] };
    group.hosts.push(host);
    groups.set(key, group);
  }
  for (const { parts, hosts } of groups.values())
    process.stderr.write(`${formatLabelled('error', { ...parts, where: shortened(hosts) }, lookOf(process.stderr))}\n`);
}

/** The same as JSON, one document. */
export function resultsJson(results: readonly KeyResult[], o: { readonly dry: boolean }): string {
  return JSON.stringify({
    schema: 1,
    dryRun: o.dry,
    machines: results.map((r) => ({
      host: r.host,
      changes: r.changes,
      notes: r.notes,
      ...(r.error ? { error: { reason: reasonOf(r.error), ...parts(r.error) } } : {}),
    })),
  });
}

/** 3 if a host was unreachable or refused the login, 1 if one failed otherwise, 130 if interrupted. */
export function exitCodeOf(results: readonly KeyResult[]): number {
  const errors = results.flatMap((r) => r.error ?? []);
  if (errors.some((e) => e.exitCode === INTERRUPTED)) return INTERRUPTED;
  if (errors.some((e) => e instanceof UnreachableError)) return 3;
  return errors.length > 0 ? 1 : 0;
}

function resultText(r: KeyResult, dry: boolean): string {
  const state = r.changes.length > 0 ? r.changes.map((c) => changeText(c, dry)).join(',\n') : r.error ? '' : 'no change';
  return [
    state,
    ...r.notes.map((n) => `note: ${n}`),
    ...(r.error ? [`${isCut(r) ? 'not done' : 'FAILED'}: ${reasonOf(r.error)}`] : []),
  ]
    .filter((t) => t !== '')
    .join('\n');
}

function changeText(c: Change, dry: boolean): string {
  const verb = (past: string, infinitive: string): string => (dry ? `would ${infinitive}` : past);
  const keys = `${c.count} ${c.count === 1 ? 'key' : 'keys'}`;
  const hostKeys = `${c.count} host ${c.count === 1 ? 'key' : 'keys'}`;
  const whose =
    c.names.length > 0
      ? ` (${shortened(
          c.names.map((n) => (n === '-' ? 'yours' : n)),
          dry ? NAMES_SHOWN : 3,
        )})`
      : '';
  switch (c.kind) {
    case 'made':
      return `${verb('made', 'make')} a key pair ${c.file} (${c.names[0]})`;
    case 'mode':
      return `${verb('changed', 'change')} ${c.names.join(' to ')} on ${c.file}`;
    case 'authorized':
      return `${verb('added', 'add')} ${keys} to ${c.file}${whose}`;
    case 'known':
      return `${verb('added', 'add')} ${hostKeys} to ${c.file}${whose}`;
    case 'unauthorized':
      return `${verb('removed', 'remove')} ${keys} from ${c.file}${whose}`;
    case 'unknown':
      return `${verb('removed', 'remove')} ${hostKeys} from ${c.file}${whose}`;
    case 'replaced':
      return `${verb('replaced', 'replace')} the key pair ${c.file} (${c.names.join(' by ')})`;
  }
}

/** The first names, and how many more. */
export function shortened(names: readonly string[], shown = NAMES_SHOWN): string {
  if (names.length <= shown + 1) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}

/** Lines with the same text become one. Names of other hosts differ on each, so they are not compared. */
function foldLines(lines: readonly { readonly host: string; readonly text: string }[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { host, text } of lines) {
    const same = text.replaceAll(/ \([^()]* and \d+ more\)/g, '');
    groups.set(same, [...(groups.get(same) ?? []), host]);
  }
  return [...groups].flatMap(([text, hosts]) => [
    `${shortened(hosts, 6)}${hosts.length > 7 ? ` (${hosts.length} hosts)` : ''}:`,
    ...text.split('\n').map((l) => `  ${l}`),
  ]);
}

function parts(error: KubewrightError): { what: string; why?: string; todo?: string } {
  const { what, why, fix } = error.parts;
  return { what, why, todo: fix };
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
