const COMMANDS = /^(run|provision|runs attach)( |$)/;

/**
 * `-v`, `-vv` and `-vvv` as Ansible has them, spelled `--verbose=N`; `-v 1` and `-v2` stay. Commands that have no such
 * flag are left alone.
 */
export function spellVerbose(argv: readonly string[]): string[] {
  if (!COMMANDS.test(argv.slice(0, 2).join(' '))) return [...argv];
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, i) => {
    if (i >= end) return word;
    if (/^-vv+$/.test(word)) return '--verbose=2';
    const bare = word === '-v' || word === '--verbose';
    return bare && !/^\d+$/.test(argv[i + 1] ?? '') ? '--verbose=1' : word;
  });
}
