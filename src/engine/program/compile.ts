import type { Secret } from '../../shell/secret.js';
import { quote, type Shell } from '../../shell/shell.js';
import type { ArtifactRef, Task } from '../../tasks/task.js';
import { DEFAULT_TIMEOUT_SEC } from '../defaults.js';
import type { TaskLabel } from './program-label.js';
import { ARTIFACT_RUNTIME, RUNTIME } from './runtime.js';
import { TURN_RUNTIME } from './turn-runtime.js';

export interface CompileOptions {
  readonly run: string;
  /** The play's name, for the comment on top. */
  readonly play: string;
  readonly host: string;
  /** Random letters and digits that the tasks' output cannot contain. */
  readonly nonce: string;
  readonly tasks: readonly Task[];
  readonly check: boolean;
  readonly diff: boolean;
  /** In check mode: paths that earlier programs would have changed on this host, see `Task.writes`. */
  readonly written?: ReadonlySet<string>;
  /** The node's download cache, absolute. */
  readonly cacheDir: string;
  /** The program's own directory on the host: secrets, spool, result. */
  readonly dir: string;
  /** Whether the node may download this file; default: if there is a URL. */
  readonly mayDownload?: (ref: ArtifactRef) => boolean;
}

export interface CompiledProgram {
  /** One POSIX shell program without secrets. Run as `sh DIR/program`. */
  readonly program: string;
  /** Must be in DIR/secrets/NAME while it runs. */
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * All tasks of a play for one host as one program. Task N (from 1) becomes the functions cN (check), aN (apply), dN (diff),
 * wN (why it failed) and eN_I (exports, in order of their names); `main` calls them in order.
 *
 * @throws TypeError if two secrets share a name, or two tasks an id.
 */
export function compileProgram(o: CompileOptions): CompiledProgram {
  if (!/^[A-Za-z0-9]+$/.test(o.nonce)) throw new TypeError('a nonce must consist of letters and digits');
  const secrets = new Map<string, Secret>();
  const ids = new Set<string>();
  const functions: string[] = [];
  const calls: string[] = [];
  const define = (name: string, body: Shell): void => {
    for (const [key, secret] of body.secrets) {
      const known = secrets.get(key);
      if (known && known.reveal() !== secret.reveal()) throw new TypeError(`two secrets are both named ${key}`);
      secrets.set(key, secret);
    }
    functions.push(`${name}() {\n:\n${body.text}\n}`);
  };
  o.tasks.forEach((task, i) => {
    if (ids.has(task.id)) throw new TypeError(`two tasks of play ${o.play} are both ${task.id}`);
    ids.add(task.id);
    const n = i + 1;
    const diff = o.diff ? task.diff : undefined;
    functions.push(`# ${n} ${oneLine(task.id)}: ${oneLine(task.title)}`);
    define(`c${n}`, task.check);
    if (!o.check) define(`a${n}`, task.apply);
    if (!o.check && task.why) define(`w${n}`, task.why);
    if (diff) define(`d${n}`, diff);
    const names = exportNames(task);
    names.forEach((name, e) => {
      const body = task.exports?.[name];
      if (body) define(`e${n}_${e + 1}`, body);
    });
    const limit = Math.ceil(task.timeoutSec ?? DEFAULT_TIMEOUT_SEC);
    const turn = !o.check && task.turn ? ' turn' : '';
    const foresight = o.check ? ` ${numbers(doneBy(o.tasks, i))} ${numbers(follows(o.tasks, i, o.written))}` : '';
    calls.push(
      `kw_task ${n} ${limit} ${task.sensitive ? 1 : 0} ${diff ? 1 : 0} ${names.length} ${task.readOnly ? 1 : 0}${foresight}${turn}`,
    );
  });
  return { program: assemble(o, functions, calls), secrets };
}

/** Numbers of the earlier tasks that do what the task at index `i` does. */
function doneBy(tasks: readonly Task[], i: number): number[] {
  const ids = tasks[i]?.doneBy ?? [];
  return tasks.slice(0, i).flatMap((t, k) => (ids.includes(t.id) ? [k + 1] : []));
}

/** Numbers of the earlier tasks that change what the task at index `i` depends on; 0: an earlier program would. */
function follows(tasks: readonly Task[], i: number, written: ReadonlySet<string> | undefined): number[] {
  const reads = tasks[i]?.reads ?? [];
  if (reads.some((r) => written?.has(r))) return [0];
  return tasks.slice(0, i).flatMap((t, k) => (t.writes?.some((w) => reads.includes(w)) ? [k + 1] : []));
}

function numbers(list: readonly number[]): string {
  return quote(list.join(' '));
}

/** Names of a task's exports in the order of their numbers in frames. */
export function exportNames(task: Pick<TaskLabel, 'exports'>): string[] {
  return Object.keys(task.exports ?? {}).sort();
}

function assemble(o: CompileOptions, functions: readonly string[], calls: readonly string[]): string {
  const refs = refTable(o);
  return [
    `# kubewright ${oneLine(o.run)}, play ${oneLine(o.play)}, host ${oneLine(o.host)}`,
    // One function, so that a truncated program runs nothing.
    'main() {',
    `KW_NONCE=${o.nonce} KW_DIR=${quote(o.dir)} KW_CACHE=${quote(o.cacheDir)} KW_CHECK=${o.check ? 1 : 0}`,
    'KW_SH=$' + '{KW_SH:-sh}',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive',
    'HOME=$' + '{HOME:-/root}',
    'export PATH LC_ALL DEBIAN_FRONTEND HOME',
    'umask 022',
    'unset TMPDIR',
    RUNTIME.trim(),
    ...(refs ? [ARTIFACT_RUNTIME.trim(), refs] : []),
    ...(!o.check && o.tasks.some((t) => t.turn) ? [TURN_RUNTIME.trim()] : []),
    '',
    ...functions,
    '',
    'if [ "$1" = apply ]; then',
    '  KW_N=$2',
    '  set -eu',
    '  "a$2"',
    '  exit 0',
    'fi',
    'cd /',
    'exec 3>&1',
    'kw_begin',
    ...calls,
    'exit 0',
    '}',
    'main "$@"; exit $?',
    '',
  ].join('\n');
}

/** `kw_ref SHA256` sets kw_name, kw_url, kw_size and the number of the last task that needs the file. */
function refTable(o: CompileOptions): string | undefined {
  const refs = new Map<string, { ref: ArtifactRef; last: number }>();
  o.tasks.forEach((task, i) => {
    for (const ref of task.needs ?? []) {
      if (!/^[0-9a-f]{64}$/.test(ref.sha256)) throw new TypeError(`not a sha256 of ${ref.name}: ${ref.sha256}`);
      refs.set(ref.sha256, { ref, last: i + 1 });
    }
  });
  if (refs.size === 0) return undefined;
  const allowed = o.mayDownload ?? (() => true);
  const rows = [...refs.values()].map(({ ref, last }) => {
    const url = ref.url !== undefined && allowed(ref) ? ref.url : '';
    return `    ${ref.sha256}) kw_name=${quote(ref.name)} kw_url=${quote(url)} kw_size=${ref.size ?? ''} kw_lastuser=${last} ;;`;
  });
  return ['kw_ref() {', '  case $1 in', ...rows, '    *) return 1 ;;', '  esac', '}'].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/[\x00-\x1f\x7f]/g, ' ');
}
