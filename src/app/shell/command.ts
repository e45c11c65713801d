import { accessSync, constants, rmdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { InputError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { writeWarning } from '../../base/text/render-error.js';
import { SHELLS, type ShellName, shellScript, WRITTEN_BY } from '../../shortcuts/shells.js';
import { type Change, changeFiles, readIfThere } from './change-files.js';
import { homeWord, madeFile, placeOf, shortPath } from './places.js';
import { withBlock, withoutBlock } from './rc-block.js';

const SHORT = 'k, kg, ka, kc, ks, ke, kgw, kgp, kgpww, kgpws, kee, keq, kl, kdp';

/** `shell print`. @returns exit code. @throws InputError */
export function printShell(shell: ShellName | undefined): number {
  process.stdout.write(shellScript(shell ?? shellOf(process.env)));
  return 0;
}

/**
 * `shell install`: for the user who runs it. A second time changes nothing.
 * @param shells none: the one of SHELL. @returns exit code. @throws InputError; then no start-up file has been changed.
 */
export function installShell(shells: readonly ShellName[]): number {
  const env = process.env;
  const chosen = shells.length > 0 ? SHELLS.filter((s) => shells.includes(s)) : [shellOf(env)];
  const changes: Change[] = chosen.flatMap((shell) => {
    const { script, rc } = placeOf(shell, env);
    checkOwn(script);
    const content: Change = { path: script, content: latin1(shellScript(shell)) };
    if (rc === undefined) return [content];
    const word = homeWord(script, env);
    return [content, { path: rc, content: withBlock(readIfThere(rc), latin1(`[ ! -r ${word} ] || . ${word}`), rc) }];
  });
  const { changed, made } = changeFiles(changes);
  noteMade(made);
  for (const shell of chosen) {
    const { script, rc } = placeOf(shell, env);
    const files = [script, ...(rc === undefined ? [] : [rc])];
    const news = files.some((f) => changed.includes(f)) ? 'installed' : 'nothing to change';
    say(`${shell}: ${news} (${files.map((f) => shortPath(f, env)).join(', ')})`);
  }
  say(`New shells have ${SHORT}; each says with --print which line of kubectl it runs. docs/shell.md has the list.`);
  if (!onPath('kubectl', env))
    writeWarning({
      what: 'kubectl is not on the PATH',
      why: 'The short commands call it',
      fix: "Install it: https://kubernetes.io/docs/tasks/tools/; the control planes have one in the cluster's version",
    });
  return 0;
}

/** `shell uninstall`: from all shells; start-up files are byte for byte what they were. @returns exit code. @throws InputError */
export function uninstallShell(): number {
  const env = process.env;
  const changes: Change[] = SHELLS.flatMap((shell) => {
    const { script, rc } = placeOf(shell, env);
    const ours = readIfThere(script)?.includes(WRITTEN_BY) === true;
    const old = rc === undefined ? undefined : readIfThere(rc);
    return [
      ...(rc === undefined || old === undefined ? [] : [{ path: rc, content: withoutBlock(old, rc) }]),
      ...(ours ? [{ path: script, content: undefined }] : []),
    ];
  });
  const dirs = (readIfThere(madeFile(env)) ?? '').split('\n').filter((d) => d !== '');
  const { changed } = changeFiles([...changes, { path: madeFile(env), content: undefined }]);
  for (const dir of dirs.reverse()) removeIfEmpty(Buffer.from(dir, 'latin1').toString());
  const shown = changed.filter((f) => f !== madeFile(env)).map((f) => shortPath(f, env));
  say(shown.length > 0 ? `Removed from ${shown.join(', ')}` : 'Nothing is installed for this user');
  return 0;
}

/** The one of SHELL. @throws InputError */
function shellOf(env: NodeJS.ProcessEnv): ShellName {
  const found = SHELLS.find((name) => (env.SHELL ?? '').endsWith(`/${name}`));
  if (found) return found;
  throw new InputError({
    what: 'No shell was named, and SHELL is not bash, zsh or fish',
    why: env.SHELL ? `SHELL is ${env.SHELL}` : 'SHELL is not set',
    fix: `Name one of ${SHELLS.join(', ')}`,
  });
}

function checkOwn(script: string): void {
  const there = readIfThere(script);
  if (there === undefined || there.includes(WRITTEN_BY)) return;
  throw new InputError({
    what: 'A file of that name exists already; nothing was changed',
    where: wholeFile(script),
    why: 'It was not written by kubewright shell',
    fix: 'Move it out of the way, and run this again',
  });
}

/** Beside what earlier runs made. */
function noteMade(made: readonly string[]): void {
  const path = madeFile(process.env);
  const old = readIfThere(path) ?? '';
  if (made.length > 0) changeFiles([{ path, content: old + made.map((d) => `${latin1(d)}\n`).join('') }]);
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It is in use by now, or gone.
  }
}

function onPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** UTF-8 bytes, as the files are read. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
