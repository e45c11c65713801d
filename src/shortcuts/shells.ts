import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../base/package-root.js';

export type ShellName = 'bash' | 'zsh' | 'fish';
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const FILES: Readonly<Record<ShellName, string>> = { bash: 'bash.sh', zsh: 'zsh.zsh', fish: 'fish.fish' };
/** First line of what a shell loads: tells our files from others. */
export const WRITTEN_BY = 'Written by kubewright shell.';

/**
 * What a shell loads: kubectl's completion, `k`, and the short commands (`data/shell/`), whole in one text. The short commands are one POSIX
 * program that the shell's functions start; it is carried as a quoted word.
 */
export function shellScript(shell: ShellName): string {
  const program = dataFile('short.sh');
  return dataFile(FILES[shell]).replace('@PROGRAM@', () => quote[shell](program));
}

const posix = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const quote: Readonly<Record<ShellName, (text: string) => string>> = {
  bash: posix,
  zsh: posix,
  fish: (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
};

function dataFile(name: string): string {
  return readFileSync(join(PACKAGE_ROOT, 'data/shell', name), 'utf8');
}
