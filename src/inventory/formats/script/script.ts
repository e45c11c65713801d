import { spawn } from 'node:child_process';
import { isMap, isSeq, type Node } from 'yaml';
import { InputError } from '../../../base/errors.js';
import type { Place } from '../../../base/place.js';
import { wholeFile } from '../../../base/place.js';
import { type Draft, DraftError } from '../../draft/draft.js';
import { Dict, isList } from '../../model/python-values.js';
import { variable } from '../../model/values.js';
import { parseYaml, variablesOf, type YamlFile } from '../yaml/source.js';
import type { YamlEntry } from '../yaml/values.js';

/** Seconds that one call of an inventory script may take. */
const TIMEOUT_SEC = 120;
/** Number of `--host` calls that run at once. */
const AT_ONCE = 8;
const MOST_BYTES = 256 * 1024 * 1024;

/** The program ran but gave no inventory, so the file is not of another kind. */
export class ScriptError extends InputError {}

/**
 * Runs an executable inventory: `--list`, and `--host NAME` for each host if there is no `_meta`.
 * Source: ansible/plugins/inventory/script.py
 * @throws InputError with what the script wrote to stderr.
 */
export async function readScript(path: string, draft: Draft): Promise<void> {
  const { stdout, stderr } = await call(path, ['--list']);
  for (const line of stderr.split('\n'))
    if (line.trim() !== '') draft.warnings.push({ what: line.trimEnd(), where: wholeFile(path) });
  const yaml = jsonOf(stdout, `${path} --list`, stderr);
  await new ScriptReader(path, yaml, draft).read();
}

class ScriptReader {
  readonly #path: string;
  readonly #yaml: YamlFile;
  readonly #draft: Draft;
  readonly #hosts = new Set<string>();
  readonly #source: Place;

  constructor(path: string, yaml: YamlFile, draft: Draft) {
    this.#path = path;
    this.#yaml = yaml;
    this.#draft = draft;
    this.#source = { file: path, line: 0, column: 0 };
  }

  async read(): Promise<void> {
    const root = this.#yaml.root;
    if (!isMap(root)) throw this.#wrong('did not print a JSON object', 'Let it print {"GROUP": {"hosts": [...]}}');
    let meta: Node | null | undefined;
    for (const entry of this.#yaml.entriesOf(root)) {
      if (entry.key !== '_meta') this.#group(entry);
      else if (isMap(entry.value)) meta = this.#yaml.entriesOf(entry.value).find((e) => e.key === 'hostvars')?.value;
    }
    if (meta === undefined) await this.#askEach();
    else this.#fromMeta(meta);
  }

  #fromMeta(meta: Node | null): void {
    if (!isMap(meta)) throw this.#wrong('has no object in _meta.hostvars', 'Let it print {"_meta": {"hostvars": {}}}');
    const all = new Map(this.#yaml.entriesOf(meta).map((e) => [e.key, e.value]));
    for (const host of this.#hosts) if (all.has(host)) this.#setAll(host, this.#yaml, all.get(host));
  }

  async #askEach(): Promise<void> {
    const waiting = [...this.#hosts];
    const worker = async (): Promise<void> => {
      for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
        const { stdout, stderr } = await call(this.#path, ['--host', host]);
        if (stdout.trim() === '') continue;
        const yaml = jsonOf(stdout, `${this.#path} --host ${host}`, stderr);
        this.#setAll(host, yaml, yaml.root);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  #setAll(host: string, yaml: YamlFile, node: Node | null | undefined): void {
    if (!isMap(node))
      throw this.#wrong(`did not print an object with the variables of ${host}`, 'Let it print {"name": "value"}');
    for (const [name, v] of variablesOf(yaml, node, `Variables of ${host}`))
      this.#draft.setVariable(host, name, { ...v, source: this.#source });
  }

  #group(entry: YamlEntry): void {
    try {
      const group = this.#draft.addGroup(entry.key, this.#source);
      const sections = isMap(entry.value) ? new Map(this.#yaml.entriesOf(entry.value).map((e) => [e.key, e.value])) : undefined;
      // A list is a list of hosts; an object without the known names is a host with its variables.
      if (!sections) this.#members(entry.key, entry.value);
      else if (['hosts', 'vars', 'children'].some((s) => sections.has(s))) {
        if (sections.has('hosts')) this.#members(entry.key, sections.get('hosts'));
        if (sections.has('vars')) this.#variables(entry.key, sections.get('vars'));
        for (const child of sections.has('children') ? this.#names(entry.key, 'children', sections.get('children')) : [])
          group.addChild(this.#draft.addGroup(child, this.#source));
      } else {
        this.#host(entry.key, entry.key);
        this.#variables(entry.key, entry.value);
      }
    } catch (error) {
      if (error instanceof DraftError) throw this.#wrong(`is inconsistent: ${error.message}`, 'Correct the script');
      throw error;
    }
  }

  #members(group: string, node: Node | null | undefined): void {
    if (!isSeq(node)) throw this.#wrong(`has no list of hosts in the group ${group}`, 'Let it print {"hosts": ["NAME"]}');
    for (const name of this.#names(group, 'hosts', node)) this.#host(name, group);
  }

  #host(name: string, group: string): void {
    this.#hosts.add(name);
    this.#draft.addHost(name, this.#source, this.#draft.addGroup(group));
  }

  #variables(group: string, node: Node | null | undefined): void {
    if (!isMap(node)) throw this.#wrong(`has no object of variables in the group ${group}`, 'Let it print {"vars": {}}');
    for (const e of this.#yaml.entriesOf(node))
      this.#draft.setVariable(group, e.key, variable(this.#yaml.exactOf(e.value), this.#source));
  }

  /** Of an object the names are used, as in Ansible. */
  #names(group: string, what: string, node: Node | null | undefined): string[] {
    const value = this.#yaml.exactOf(node);
    const names = isList(value) ? value : value instanceof Dict ? [...value.keys()] : undefined;
    if (!names?.every((n): n is string => typeof n === 'string'))
      throw this.#wrong(`has no list of names in ${what} of the group ${group}`, `Let it print {"${what}": ["NAME"]}`);
    return [...names];
  }

  #wrong(what: string, fix: string): ScriptError {
    return new ScriptError({ what: `The inventory script ${what}`, where: wholeFile(this.#path), fix });
  }
}

function jsonOf(text: string, what: string, stderr: string): YamlFile {
  try {
    const yaml = parseYaml(text, what);
    if (yaml.json) return yaml;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  throw new ScriptError({
    what: 'The inventory script did not print JSON',
    where: what,
    why: [text.trim() === '' ? 'It printed nothing' : `It printed: ${text.trim().slice(0, 200)}`, stderr.trim()]
      .join('\n')
      .trim(),
    fix: 'Run it by hand and check what it prints',
  });
}

function call(path: string, args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const seconds = Number(process.env.KUBEWRIGHT_INVENTORY_TIMEOUT) || TIMEOUT_SEC;
  const command = [path, ...args].join(' ');
  const fail = (what: string, why: string | undefined, fix: string): ScriptError =>
    new ScriptError({ what: `The inventory script ${what}`, where: command, why, fix });
  return new Promise((resolve, reject) => {
    // A process group of its own, so that a hanging script ends together with everything it started.
    const child = spawn(path, [...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has already ended.
      }
    };
    const timer = setTimeout(() => {
      kill();
      reject(fail(`did not end within ${seconds} s`, text(err), 'Run it by hand, or set KUBEWRIGHT_INVENTORY_TIMEOUT (seconds)'));
    }, seconds * 1000);
    child.stdout.on('data', (data: Buffer) => {
      size += data.length;
      out.push(data);
      if (size > MOST_BYTES) {
        kill();
        reject(fail('prints without end', undefined, 'Run it by hand and check what it prints'));
      }
    });
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(fail('cannot be started', cause.message, 'Check its first line and its permissions'));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve({ stdout: Buffer.concat(out).toString('utf8'), stderr: text(err) ?? '' });
      else
        reject(
          fail(`failed (${signal ?? `exit code ${code}`})`, text(err), 'Run it by hand and correct what it complains about'),
        );
    });
  });
}

function text(chunks: readonly Buffer[]): string | undefined {
  return Buffer.concat(chunks).toString('utf8').trim().slice(0, 4000) || undefined;
}
