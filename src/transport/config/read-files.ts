import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { InputError } from '../../base/errors.js';
import { hasCode, ioError } from '../../base/io-error.js';
import type { Where } from '../../base/place.js';
import { glob } from '../../base/text/glob.js';
import { ConfigSyntaxError, type OptionLine, readLine } from './lex.js';

/** Hundreds of hosts need the same files. */
const cache = new Map<string, { readonly stamp: string; readonly lines: readonly OptionLine[] }>();

/** A file's options; none if the file does not exist. @throws InputError if it cannot be read. */
export function readConfigFile(path: string): readonly OptionLine[] {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const known = cache.get(path);
    if (known?.stamp === stamp) return known.lines;
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((raw, i) => parseLine(raw, { file: path, line: i + 1, column: 0 }) ?? []);
    cache.set(path, { stamp, lines });
    return lines;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return [];
    throw new InputError(
      ioError(
        'The SSH configuration cannot be read',
        path,
        cause,
        'Correct its owner and mode, or name another file with --ssh-config',
      ),
    );
  }
}

/** @throws InputError for an unclosed quote, as OpenSSH refuses it. */
export function parseLine(raw: string, where: Where): OptionLine | undefined {
  try {
    return readLine(raw, where);
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError)) throw error;
    throw new InputError({
      what: `Bad SSH configuration: ${error.message}`,
      where,
      why: `The line is: ${raw.trim()}`,
      fix: 'Correct it',
    });
  }
}

/** Files that a pattern of `Include` matches, in the shell's order. */
export function globFiles(pattern: string): string[] {
  if (!isAbsolute(pattern)) return [];
  let found = ['/'];
  for (const segment of pattern.split('/').filter((s) => s !== '')) {
    if (!/[*?[]/.test(segment)) {
      found = found.map((dir) => join(dir, segment));
      continue;
    }
    const wanted = glob(segment);
    found = found.flatMap((dir) =>
      namesIn(dir)
        .filter((name) => (segment.startsWith('.') || !name.startsWith('.')) && wanted.test(name))
        .sort()
        .map((name) => join(dir, name)),
    );
  }
  return found;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
