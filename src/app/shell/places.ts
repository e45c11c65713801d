import { homedir, platform } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { ShellName } from '../../shortcuts/shells.js';

/** Where a shell finds what it loads, for the user who runs this. */
export interface Place {
  /** Holds the script. */
  readonly script: string;
  /** Start-up file that gets a line to load it; absent: the shell loads the script by itself. */
  readonly rc?: string;
}

export function placeOf(shell: ShellName, env: NodeJS.ProcessEnv): Place {
  const home = homeOf(env);
  if (shell === 'fish')
    return { script: join(absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config'), 'fish/conf.d/kubewright.fish') };
  const script = join(ownDir(env), `shell.${shell}`);
  if (shell === 'zsh') return { script, rc: join(absolute(env.ZDOTDIR) ?? home, '.zshrc') };
  // Terminals of macOS start login shells, which read no .bashrc.
  return { script, rc: join(home, platform() === 'darwin' ? '.bash_profile' : '.bashrc') };
}

/** Directories that were made, one per line, so that they can be removed again. */
export function madeFile(env: NodeJS.ProcessEnv): string {
  return join(ownDir(env), 'shell.made');
}

/** `~/.bashrc` */
export function shortPath(path: string, env: NodeJS.ProcessEnv): string {
  const home = homeOf(env);
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** The word for a script; below HOME wherever the start-up file is shared. */
export function homeWord(path: string, env: NodeJS.ProcessEnv): string {
  const home = homeOf(env);
  const plain = /^[\w/.@+-]*$/;
  if (path.startsWith(`${home}/`) && plain.test(path.slice(home.length))) return `"$HOME${path.slice(home.length)}"`;
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function ownDir(env: NodeJS.ProcessEnv): string {
  return join(absolute(env.XDG_DATA_HOME) ?? join(homeOf(env), '.local/share'), 'kubewright');
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir();
}

/** Others are to be ignored, as the XDG specification has it. */
function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}
