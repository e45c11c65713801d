import { isAbsolute, relative, sep } from 'node:path';
import stringWidth from 'fast-string-width';
import {
  type ErrorParts,
  type HostError,
  InputErrors,
  InterruptedError,
  type KubewrightError,
  PreflightError,
  UnreachableErrors,
  type Warning,
} from '../errors.js';
import { placeText, type Where } from '../place.js';
import { hasColor } from './color.js';
import { hostsText } from './host-ranges.js';
import { asCalled } from './tool-name.js';

/** What a text is printed on. */
export interface Look {
  /** Lines are wrapped at this width, between words; absent: not at all. */
  readonly columns?: number;
  readonly color: boolean;
}

const PLAIN: Look = { color: false };
/** A terminal that is narrower gets whole lines: it wraps them better than we do. */
const LEAST_COLUMNS = 30;
const COLORS = { error: '1;31', warning: '1;33', info: '1', hint: '36', why: '2' } as const;

type Label = 'error' | 'warning' | 'info';

/** Wrapped and coloured on a terminal (see hasColor), plain anywhere else. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  return { ...(stream.isTTY ? { columns: stream.columns } : {}), color: hasColor(stream) };
}

/** An error as users see it, without a newline at the end. Several are listed one after another, their number last. */
export function formatError(error: KubewrightError, look: Look = PLAIN): string {
  // The user did that: it is not an error.
  if (error instanceof InterruptedError) return formatParts(error.parts);
  const all = error instanceof PreflightError ? error.all : error instanceof UnreachableErrors ? byCause(error.all) : undefined;
  const several = all ?? (error instanceof InputErrors && error.all.length > 1 ? error.all : undefined);
  if (!several) return formatLabelled('error', error.parts, look);
  return [...several.map((p) => formatLabelled('error', p, look)), error.message].join('\n');
}

/** From this many hosts on, those with the same trouble share one paragraph. */
const FOLD_FROM = 4;

/** One error per cause: 500 dead hosts are one paragraph, not 500. The reason is the first host's where they differ. */
function byCause(all: readonly HostError[]): ErrorParts[] {
  const groups = new Map<string, HostError[]>();
  for (const e of all) {
    const cause = `${e.parts.what}\0${e.parts.fix ?? ''}`;
    const group = groups.get(cause);
    if (group) group.push(e);
    else groups.set(cause, [e]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length < FOLD_FROM) return group.map((e) => e.parts);
    const { why } = first.parts;
    const same = group.every((e) => e.parts.why === why);
    return { ...first.parts, where: hostsText(group.map((e) => e.host)), why: why && !same ? `${first.host}: ${why}` : why };
  });
}

/** `error: hosts.ini:3:7: what`, then `why:` and `hint:` on lines of their own. */
export function formatLabelled(label: Label, parts: Warning, look: Look = PLAIN): string {
  return format(`${label}: `, COLORS[parts.danger ? 'error' : label], parts, look);
}

/** The same without a label, for texts that bring their own. */
export function formatParts(parts: ErrorParts): string {
  return format('', COLORS.error, parts, PLAIN);
}

/** Prints a warning on stderr. */
export function writeWarning(warning: Warning): void {
  process.stderr.write(`${formatLabelled('warning', warning, lookOf(process.stderr))}\n`);
}

function format(label: string, color: string, p: ErrorParts, look: Look): string {
  const head = p.where === undefined ? p.what : `${shortWhere(p.where)}: ${p.what}`;
  const lines = [fill(label, color, asCalled(head), look)];
  if (p.why) lines.push(fill('  why:  ', COLORS.why, asCalled(p.why), look));
  if (p.fix) lines.push(fill('  hint: ', COLORS.hint, asCalled(p.fix), look));
  return lines.join('\n');
}

/** Lines under one another, behind a label. */
function fill(label: string, color: string, text: string, look: Look): string {
  const room = (look.columns ?? 0) < LEAST_COLUMNS ? undefined : (look.columns ?? 0) - label.length;
  const lines = text.split('\n').flatMap((line) => (room === undefined ? [line] : wrap(line, room)));
  const painted = look.color && label !== '' ? label.replace(/\S+/, (word) => `\x1b[${color}m${word}\x1b[0m`) : label;
  return lines.map((line, i) => (i === 0 ? painted : ' '.repeat(label.length)) + line).join('\n');
}

/** Never breaks within a word, so that paths and commands can be copied. */
function wrap(line: string, columns: number): string[] {
  if (stringWidth(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && stringWidth(`${current} ${word}`) > columns) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

/** Files below the working directory are shown relative to it. */
function shortWhere(where: Where): string {
  return typeof where === 'string' ? shortPath(where) : placeText({ ...where, file: shortPath(where.file) });
}

function shortPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(workingDirectory(), path);
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? path : short;
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // It was removed.
    return '/';
  }
}
