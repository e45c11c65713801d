import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { ioReason } from '../../base/io-error.js';
import type { Place } from '../../base/place.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable } from '../../inventory/model/values.js';
import { modeObjection, type Objection, ownerObjection } from '../../playbook/file-modes.js';
import type { Action, Text, UserTask } from '../../playbook/model.js';
import { Secret } from '../../shell/secret.js';
import { copy } from '../../tasks/copy.js';
import { sha256 } from '../../tasks/file.js';
import { scriptTask, secretName, shellTask } from '../../tasks/shell-task.js';
import type { ArtifactRef, Task } from '../../tasks/task.js';
import { HostTemplates } from './host-templates.js';

/** Larger files are not embedded in the program but pushed separately. */
const INLINE_BYTES = 256 * 1024;

interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** Makes engine tasks from the tasks of a playbook. Files beside the playbook are read once per run. */
export class UserTasks {
  /** sha256 → local path of each file to push. */
  readonly pushed = new Map<string, string>();
  readonly #inventory: Inventory;
  readonly #dir: string;
  readonly #extra: ReadonlySet<string>;
  readonly #files = new Map<string, Buffer>();

  /** `dir`: base of relative paths. */
  constructor(inventory: Inventory, dir: string) {
    this.#inventory = inventory;
    this.#dir = dir;
    // They override all other variables.
    this.#extra = inventory.extraVars ?? new Set();
  }

  /**
   * Undefined if the task's condition is false. `vars`: of play and task.
   * @throws InputError for a missing file, and for text that cannot be rendered.
   */
  task(userTask: UserTask, host: string, vars: ReadonlyMap<string, Variable> = new Map()): Task | undefined {
    const above = new Map([...vars].filter(([name]) => !this.#extra.has(name)));
    const texts = new HostTemplates(this.#inventory, host, above, this.#dir);
    if (userTask.when && !texts.holds(userTask.when)) return undefined;
    const title = texts.shown({ text: userTask.name, source: userTask.source }).replaceAll(/\s+/g, ' ');
    const base = { id: userTask.id, title, sensitive: userTask.sensitive };
    let task = this.#make(userTask.action, base, texts);
    // A task that uses a secret is sensitive as a whole.
    if (texts.secret && !userTask.sensitive) task = this.#make(userTask.action, { ...base, sensitive: true }, texts);
    return {
      ...task,
      ...(userTask.timeoutSec === undefined ? {} : { timeoutSec: userTask.timeoutSec }),
      ...(userTask.hint === undefined ? {} : { hint: texts.shown(userTask.hint) }),
    };
  }

  #make(action: Action, base: { id: string; title: string; sensitive: boolean }, texts: HostTemplates): Task {
    if (action.kind === 'copy') return this.#copy(action, base, texts);
    const check = action.check && texts.render(action.check);
    const creates = action.creates && texts.render(action.creates);
    if (creates !== undefined && !creates.startsWith('/'))
      throw wrong(
        action.creates?.source,
        `creates must be an absolute path, not ${base.sensitive ? 'this' : creates}`,
        'Begin it with /',
      );
    if (action.kind === 'run') return shellTask({ ...base, check, creates, run: texts.render(action.run) });
    const src = this.#read(action.src, texts);
    if (!isText(src.bytes))
      throw wrong(action.src.source, `${src.path} is not a text file`, 'Copy it with copy:, and run it with run:');
    const args = action.args.map((a) => texts.render(a));
    return scriptTask({ ...base, check, creates, script: src.bytes.toString('utf8'), args });
  }

  #copy(
    action: Extract<Action, { kind: 'copy' }>,
    base: { id: string; title: string; sensitive: boolean },
    texts: HostTemplates,
  ): Task {
    let dest = texts.render(action.dest);
    let content: string | Uint8Array | Secret | ArtifactRef;
    if ('src' in action.content) {
      const src = this.#read(action.content.src, texts);
      if (dest.endsWith('/')) dest += basename(src.path);
      content = base.sensitive ? secretText(src, action.content.src.source) : this.#content(src);
    } else {
      content = texts.render(action.content);
      if (dest.endsWith('/')) throw wrong(action.dest.source, 'content needs the name of a file', 'Name the file in dest');
    }
    if (!dest.startsWith('/')) throw wrong(action.dest.source, `dest must be an absolute path, not ${dest}`, 'Begin it with /');
    if (base.sensitive && typeof content === 'string') content = new Secret(secretName(`${base.id}.copy`), content);
    const word = (text: Text | undefined, objectionTo: (word: string) => Objection | undefined): string | undefined => {
      const rendered = text && texts.render(text);
      const [what, fix] = (rendered !== undefined && objectionTo(rendered)) || [];
      if (what !== undefined) throw wrong(text?.source, base.sensitive ? what : `${what}, not ${rendered}`, fix ?? '');
      return rendered;
    };
    const mode = word(action.mode, modeObjection) ?? '0644';
    const owner = word(action.owner, (name) => ownerObjection('owner', name));
    const group = word(action.group, (name) => ownerObjection('group', name));
    return { ...copy({ ...base, content, dest, mode, owner, group }), sensitive: base.sensitive };
  }

  #content(src: SourceFile): string | Uint8Array | ArtifactRef {
    if (src.bytes.length > INLINE_BYTES) {
      const sha = sha256(src.bytes);
      this.pushed.set(sha, src.path);
      return { name: basename(src.path), sha256: sha, size: src.bytes.length };
    }
    return isText(src.bytes) ? src.bytes.toString('utf8') : src.bytes;
  }

  #read(src: Text, texts: HostTemplates): SourceFile {
    const path = resolve(this.#dir, texts.render(src));
    const known = this.#files.get(path);
    if (known) return { path, bytes: known };
    try {
      if (statSync(path).isDirectory()) throw new Error('It is a directory');
      const bytes = readFileSync(path);
      this.#files.set(path, bytes);
      return { path, bytes };
    } catch (cause) {
      const why = ioReason(cause);
      throw wrong(
        src.source,
        `${path} cannot be read`,
        'Check the path; relative paths start at the directory of the playbook',
        why,
      );
    }
  }
}

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

/** Secrets are text in the host's tmpfs, never in its cache. */
function secretText(src: SourceFile, source: Place): string {
  if (isText(src.bytes)) return src.bytes.toString('utf8');
  throw wrong(
    source,
    `${src.path} is not a text file, and a sensitive copy can only be text`,
    'Encode it, for example with base64',
  );
}

function wrong(source: Place | undefined, what: string, fix: string, why?: string): InputError {
  return new InputError({ what, where: source, why, fix });
}
