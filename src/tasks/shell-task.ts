import { safeName } from '../shell/safe-name.js';
import { Secret } from '../shell/secret.js';
import { joinShell, quote, rawShell, type Shell, sh } from '../shell/shell.js';
import { everyTime } from './action.js';
import { emit } from './file.js';
import type { Task } from './task.js';

export interface ShellTaskOptions {
  readonly id: string;
  readonly title: string;
  /** The user's shell text. */
  readonly run: string;
  /** Shell text, exit 0 = nothing to do. */
  readonly check?: string;
  /** Absolute path that the task creates. */
  readonly creates?: string;
  /** Text and output are secret. */
  readonly sensitive: boolean;
}

/** A task whose text a user wrote. It is parsed when its turn comes, so that a stray quote breaks this task only. */
export function shellTask(o: ShellTaskOptions): Task {
  return guarded(o, evaluate(o.run, o.sensitive ? `${o.id}.run` : undefined));
}

export interface ScriptTaskOptions extends Omit<ShellTaskOptions, 'run'> {
  /** The whole script. */
  readonly script: string;
  readonly args: readonly string[];
}

/**
 * A user's script with the interpreter of its first line. It is passed to the interpreter by name and never executed
 * itself: on many hosts /run is mounted noexec.
 */
export function scriptTask(o: ScriptTaskOptions): Task {
  const [, interpreter, argument] = /^#!\s*(\S+)(?:[ \t]+(.*?))?\s*(?:\n|$)/.exec(o.script) ?? [];
  const words = interpreter === undefined ? rawShell('$KW_SH') : sh`${[interpreter, ...(argument ? [argument] : [])]}`;
  const hidden = o.sensitive && isShell(interpreter, argument);
  const script = hidden ? withWords(o.script, o.args) : o.script;
  const text = o.sensitive ? new Secret(secretName(`${o.id}.script`), script) : script;
  return guarded(
    o,
    joinShell([
      sh`umask 077`,
      sh`${emit(text)} > "$KW_DIR/script.$KW_N"`,
      sh`umask 022`,
      sh`trap 'rm -f "$KW_DIR/script.$KW_N"' EXIT`,
      sh`${words} "$KW_DIR/script.$KW_N" ${hidden ? [] : o.args}`,
    ]),
  );
}

/** The arguments become the script's first line: a command line is visible to all users of the host. */
function withWords(script: string, args: readonly string[]): string {
  const set = `set -- ${args.map(quote).join(' ')}`;
  return script.startsWith('#!') ? script.replace(/^.*/, () => set) : `${set}; ${script}`;
}

function isShell(interpreter = 'sh', argument = ''): boolean {
  const name = interpreter.endsWith('/env') ? argument : interpreter;
  return /^(.*\/)?(sh|ash|dash|bash|ksh|mksh|zsh)$/.test(name);
}

function guarded(o: Omit<ShellTaskOptions, 'run'>, apply: Shell): Task {
  const { id, title, sensitive } = o;
  if (o.check !== undefined)
    return { id, title, sensitive, check: evaluate(o.check, sensitive ? `${id}.check` : undefined), apply };
  if (o.creates !== undefined) {
    const there = sh`[ -e ${o.creates} ]`;
    return { id, title, sensitive, check: sensitive ? evaluate(there.text, `${id}.creates`) : there, apply };
  }
  return { id, title, sensitive, ...everyTime(apply) };
}

/** A subshell, so that `exit 0` ends the text and nothing else. */
function evaluate(text: string, secret: string | undefined): Shell {
  return secret === undefined ? sh`( eval ${text} )` : sh`( eval ${new Secret(secretName(secret), text)} )`;
}

/** Of a secret in a task of the user's, whose id may be long and hold slashes. */
export function secretName(text: string): string {
  return `task.${safeName(text)}`;
}
