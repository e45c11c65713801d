import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestName } from '../base/nearest.js';
import { PACKAGE_ROOT } from '../base/package-root.js';

/** What oclif says of a wrong command line, in our way: what, and what to do. `argv`: the line. */
export function wrongLine(message: string, argv: readonly string[]): string {
  const names = commandNames();
  // oclif takes all words of the line for one name.
  const words = /^command (\S+) not found/.exec(message)?.[1]?.split(':');
  if (words) {
    const topic = names.some((name) => name.startsWith(`${words[0]} `));
    const unknown = words.slice(0, topic ? 2 : 1).join(' ');
    const near = nearestName(unknown, names);
    return `There is no command ${unknown}\n  hint: ${near ? `Did you mean ${near}? ` : ''}kubewright --help lists all`;
  }
  const what = message
    // It says that arguments must stand before such flags; ours take one value each time, so they need not.
    .replace(/\n\nNote: .* allow multiple values\.[\s\S]*?end of the flags and the beginning of arguments\./, '')
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^(--[\w-]+)=\S* cannot also be provided/, '$1 cannot also be provided')
    .replace(/^Missing required flag (?=\w)/, 'Missing required flag --')
    .trim();
  const command = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((name) => names.includes(name));
  return `${what}\n  hint: kubewright ${command ? `${command} ` : ''}--help shows what there is`;
}

function commandNames(): string[] {
  const { commands }: { commands: object } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'oclif.manifest.json'), 'utf8'));
  return Object.keys(commands).map((id) => id.replaceAll(':', ' '));
}
