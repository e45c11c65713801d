import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import type { ErrorParts } from '../base/errors.js';
import { nearestName } from '../base/nearest.js';
import { PACKAGE_ROOT } from '../base/package-root.js';

type Commands = Readonly<Record<string, Pick<Command.Cached, 'flags'>>>;

/** What oclif says about a wrong command line (`argv`), in our words and with a hint. */
export function usageError(message: string, argv: readonly string[]): ErrorParts {
  const commands = commandsByName();
  const names = Object.keys(commands);
  // oclif takes all words of the line for one name.
  const words = /^command (\S+) not found/i.exec(message)?.[1]?.split(':');
  if (words) {
    const command = names.find((name) => name === words.slice(0, 2).join(' '));
    if (command) return { what: `Unexpected argument "${words.slice(2).join(' ')}"`, fix: helpHint(command) };
    const topic = names.some((name) => name.startsWith(`${words[0]} `));
    const unknown = words.slice(0, topic ? 2 : 1).join(' ');
    return unknownName('command', unknown, names, 'Run kubewright --help to list the commands');
  }
  const command = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((name) => names.includes(name));
  const [what = message] = message
    .replace(/^The following errors? occurred:\n\s*/, '')
    // It says that arguments must come before such flags; ours take one value each, so they need not.
    .split(/\n\nNote: |\nSee more help with --help/);
  const flag = /^Nonexistent flag: (--[\w-]+)/.exec(what)?.[1];
  if (flag && command) {
    const flags = Object.keys(commands[command]?.flags ?? {}).map((name) => `--${name}`);
    return unknownName('flag', flag, flags, helpHint(command));
  }
  return { what: inOurWords(what.trim()), fix: helpHint(command) };
}

function helpHint(command: string | undefined): string {
  return `Run kubewright ${command ? `${command} ` : ''}--help to list arguments and flags`;
}

function unknownName(kind: string, name: string, names: readonly string[], fix: string): ErrorParts {
  const near = nearestName(name, names);
  return near ? { what: `Unknown ${kind} "${name}". Did you mean "${near}"?` } : { what: `Unknown ${kind} "${name}"`, fix };
}

function inOurWords(what: string): string {
  const missing = /^Missing \d+ required args?:\n([\s\S]*)/.exec(what)?.[1];
  if (missing) return `Missing ${missing.trim().split('\n').map(argument).join(', ')}`;
  return what
    .replace(/^Nonexistent flags?: /, 'Unknown flag ')
    .replace(/^Unexpected arguments?: /, 'Unexpected argument ')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^(--[\w-]+): Expected (an integer.*?) but received: (.*)$/s, '$1: $3 is not $2')
    .replace(/^Expected (--[\w-]+)=(.*) to be one of: (.*)$/s, '$1: $2 is not one of $3')
    .replace(/^Expected (.*) to be one of: (.*)$/s, '$1 is not one of $2')
    .replace(/^(--[\w-]+)=[\s\S]* cannot also be provided when using (--[\w-]+)/, '$1 cannot be combined with $2')
    .replace(/^Flag (--[\w-]+) expects a value$/, '$1 needs a value')
    .replace(/^Missing required flag (?:--)?([\w-]+)/, 'Missing flag --$1');
}

/** `playbook  playbook to run (YAML)`: `argument PLAYBOOK: playbook to run (YAML)`. */
function argument(line: string): string {
  const [name = '', ...description] = line.trim().split(/ {2,}/);
  return `argument ${[name.toUpperCase(), ...description].join(': ')}`;
}

/** `lab up` and what the manifest says of it. */
function commandsByName(): Commands {
  const { commands }: { commands: Commands } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'oclif.manifest.json'), 'utf8'));
  return Object.fromEntries(Object.entries(commands).map(([id, command]) => [id.replaceAll(':', ' '), command]));
}
