import type { Command } from '@oclif/core';

/**
 * `-v`, `-vv` and `-vvv` as Ansible has them, spelled `--verbose=N`; `-v 1` and `-v2` stay. Commands without a flag for
 * levels of verbosity are left alone.
 */
export function spellVerbose(argv: readonly string[], command: Pick<Command.Cached, 'flags'>): string[] {
  if (command.flags.verbose?.type !== 'option') return [...argv];
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, i) => {
    if (i >= end) return word;
    if (/^-vv+$/.test(word)) return '--verbose=2';
    const bare = word === '-v' || word === '--verbose';
    return bare && !/^\d+$/.test(argv[i + 1] ?? '') ? '--verbose=1' : word;
  });
}
