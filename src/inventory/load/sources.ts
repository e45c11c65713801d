import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { byCodePoint } from '../../base/by-code-point.js';
import { InputError } from '../../base/errors.js';
import { expandPath } from '../../base/expand-path.js';
import { ioError } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';
import { parseAddress } from '../draft/address.js';
import type { Draft } from '../draft/draft.js';
import { readIni } from '../formats/ini/ini.js';
import { readScript, ScriptError } from '../formats/script/script.js';
import { readToml } from '../formats/toml/inventory.js';
import { readYamlInventory } from '../formats/yaml/inventory.js';
import { decodeText, parseYaml } from '../formats/yaml/source.js';
import { pythonRegex, RegexError } from '../python/regex.js';
import { openFile } from '../vault/keyring.js';

/** Names that are not read in a directory of inventories, besides hidden ones. Source: IGNORED_ALWAYS in ansible/inventory/manager.py */
const NEVER = ['host_vars', 'group_vars', 'vars_plugins'];
/** Source: INVENTORY_IGNORE_EXTS in ansible/config/base.yml */
const EXTENSIONS = '.pyc .pyo .swp .bak ~ .rpm .md .txt .rst .orig .ini .cfg .retry'.split(' ');

/** Names in a directory that are not read. */
export interface Ignored {
  /** Regular expressions of Python; default: none. */
  readonly patterns?: readonly string[];
  /** Ends of names; default: those of Ansible. */
  readonly extensions?: readonly string[];
}

/** @throws InputError for an invalid pattern */
export function ignoredNames({ patterns = [], extensions = EXTENSIONS }: Ignored): (name: string) => boolean {
  const regexes = patterns.map(anywhere);
  return (name) =>
    name.startsWith('.') || NEVER.includes(name) || extensions.some((e) => name.endsWith(e)) || regexes.some((r) => r.test(name));
}

function anywhere(pattern: string): RegExp {
  try {
    return pythonRegex(pattern.startsWith('(?') ? pattern : `(?:.|\\n)*?(?:${pattern})`);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new InputError({
      what: `ignore_patterns: ${pattern} is not a regular expression`,
      why: error.message,
      fix: 'Correct [inventory] ignore_patterns in ansible.cfg',
    });
  }
}

/** Extensions that the YAML plugin reads. */
const YAML_EXTENSIONS = ['', '.yml', '.yaml', '.json'];

export interface SourceReader {
  readonly draft: Draft;
  /** Files that were read, as the user named them. */
  readonly files: string[];
  /** Names in directories that are not inventories. */
  readonly ignored: (name: string) => boolean;
}

/** A list of hosts such as `a,b:2222,`, unless a file has that name. */
export function isHostList(source: string): boolean {
  return source.includes(',') && !existsSync(source);
}

/**
 * Reads one `-i`: a list of hosts, a file of any kind, or a directory of them.
 * Source: parse_source in ansible/inventory/manager.py: the kinds are tried in its order.
 * @throws InputError when there is nothing that can be read.
 */
export async function readSource(source: string, r: SourceReader): Promise<void> {
  if (isHostList(source)) {
    readHostList(source, r);
    return;
  }
  const path = expandPath(source);
  if (!existsSync(path)) {
    throw new InputError({
      what: 'There is no such inventory',
      where: wholeFile(source),
      fix: 'Check the path after -i (a list of hosts has a comma: NAME,); `kubewright inventory generate -o DIR` writes an inventory',
    });
  }
  if (!statSync(path).isDirectory()) await readFile(path, r);
  else if ((await readFolder(path, r)) === 0) throw emptyFolder(path);
}

function readHostList(source: string, r: SourceReader): void {
  r.draft.origin = undefined;
  const place = { file: '--inventory', line: 0, column: 0 };
  r.files.push(source);
  for (const part of source.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    // Ranges are not expanded here, and what cannot be read is used verbatim.
    const { host, port } = parseAddress(text, false) ?? { host: text, port: undefined };
    if (!r.draft.hosts.has(host)) r.draft.addHost(host, place, r.draft.addGroup('ungrouped'), port);
  }
}

/** How many inventories were there. */
async function readFolder(path: string, r: SourceReader): Promise<number> {
  let count = 0;
  for (const name of readdirSync(path).sort(byCodePoint)) {
    const inner = join(path, name);
    if (r.ignored(name) || isKubeconfig(inner)) continue;
    if (!existsSync(inner)) throw new InputError({ what: 'This link is broken', where: wholeFile(inner), fix: 'Remove it' });
    if (!statSync(inner).isDirectory()) {
      await readFile(inner, r);
      count++;
    } else {
      const there = await readFolder(inner, r);
      if (there === 0) r.draft.warnings.push({ what: 'There is no inventory in this directory', where: wholeFile(inner) });
      count += there;
    }
  }
  return count;
}

/** What `kubeconfig_localhost` leaves beside an inventory. Ansible cannot read it as one either. */
function isKubeconfig(path: string): boolean {
  if (!path.endsWith('.conf') || !statSync(path).isFile()) return false;
  return /^apiVersion: v1$[\s\S]*^kind: Config$/m.test(readFileSync(path, 'latin1'));
}

function emptyFolder(path: string): InputError {
  const ini = readdirSync(path).filter((n) => n.endsWith('.ini'));
  return new InputError({
    what: 'There is no inventory in this directory',
    where: wholeFile(path),
    why:
      ini.length > 0
        ? `In a directory Ansible ignores files that end in .ini (here ${ini.join(', ')}), and so does Kubewright`
        : undefined,
    fix: ini.length > 0 ? `Name the file: -i ${join(path, ini[0] ?? '')}` : 'Put a hosts.yml (or hosts) there, or name the file',
  });
}

async function readFile(path: string, r: SourceReader): Promise<void> {
  r.draft.origin = resolve(path);
  r.files.push(path);
  const failures: InputError[] = [];
  const attempt = async (read: () => void | Promise<void>): Promise<boolean> => {
    try {
      await read();
      return true;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(error);
      return false;
    }
  };
  if (isProgram(path) && (await attempt(() => readScript(path, r.draft)))) return;
  const bytes = bytesOf(path);
  const extension = extname(path);
  const looksLikeYaml = YAML_EXTENSIONS.includes(extension);
  const plain = (): string => openFile(decodeText(bytes, path), path).text;
  if (looksLikeYaml && (await attempt(() => readYamlInventory(parseYaml(plain(), path), r.draft)))) return;
  if (await attempt(() => readIni(openFile(iniText(bytes, path), path).text, path, r.draft))) return;
  if (extension === '.toml') {
    if (await attempt(() => readToml(plain(), path, r.draft))) return;
    throw failures.at(-1) ?? unreadable(path);
  }
  throw mostTelling(failures, path, bytes, looksLikeYaml && extension !== '');
}

/** The error of the reader that the user most likely meant. */
function mostTelling(failures: readonly InputError[], path: string, bytes: Buffer, namedYaml: boolean): InputError {
  const script = failures.find((f) => f instanceof ScriptError);
  const beginning = bytes.toString('utf8', 0, 4096);
  const iniLike = /^\s*\[[^\]\s]+\]\s*$/m.test(beginning);
  const yamlLike = namedYaml || (!iniLike && /^(?:---|[^\s#;[\]=]+:\s*$)/m.test(beginning));
  const chosen = (isProgram(path) ? script : undefined) ?? (yamlLike ? failures.at(-2) : undefined) ?? failures.at(-1);
  return chosen ?? unreadable(path);
}

function unreadable(path: string): InputError {
  return new InputError({ what: 'This inventory cannot be read', where: wholeFile(path), fix: 'Write it as INI or YAML' });
}

/** Executable and something that the system can start: glibc would run everything else with /bin/sh. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  const begin = Buffer.alloc(4);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    readSync(file, begin, 0, 4, 0);
  } finally {
    closeSync(file);
  }
  return begin.toString('latin1', 0, 2) === '#!' || begin.toString('latin1') === '\x7fELF';
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InputError(ioError('The inventory cannot be read', path, cause));
  }
}

/** Comments may be in any encoding, as in Ansible. */
function iniText(bytes: Buffer, path: string): string {
  try {
    return decodeText(bytes, path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const lines = bytes.toString('latin1').split('\n');
    const kept = lines.map((l) => (/^[#;]/.test(l) ? '' : l)).join('\n');
    return decodeText(Buffer.from(kept, 'latin1'), path);
  }
}

/** Where group_vars and host_vars are searched: the directories of the sources, in order. */
export function varsDirs(sources: readonly string[]): string[] {
  const dirs: string[] = [];
  for (const source of sources) {
    if (isHostList(source)) continue;
    const path = resolve(expandPath(source));
    const dir = existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
    // Of duplicates the last place counts.
    const at = dirs.indexOf(dir);
    if (at >= 0) dirs.splice(at, 1);
    dirs.push(dir);
  }
  return dirs;
}
