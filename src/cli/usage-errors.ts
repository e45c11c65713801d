import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import type { ErrorParts } from '../base/errors.js';
import { nearestName } from '../base/nearest.js';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { meant } from './meant.js';

type Commands = Readonly<Record<string, Pick<Command.Cached, 'flags'>>>;

/** What oclif says about a wrong command line (`argv`), in our words and with a hint. */
export function usageError(message: string, argv: readonly string[]): ErrorParts {
  const commands = commandsByName();
  const names = Object.keys(commands);
  // oclif takes all words of the line for one name.
  const words = /^command ([\s\S]+) not found$/i.exec(message)?.[1]?.split(':');
  if (words) {
    const command = [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => names.includes(name));
    if (command) return unexpectedArgument(command, argv[command.split(' ').length] ?? '', commands[command]?.flags ?? {});
    if (words[0]?.startsWith('-')) return flagsFirst(argv, names);
    const topic = names.some((name) => name.startsWith(`${words[0]} `));
    return unknownCommand(words.slice(0, topic ? 2 : 1).join(' '), names);
  }
  const command = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((name) => names.includes(name));
  const flags = (command === undefined ? undefined : commands[command]?.flags) ?? {};
  const [what = message] = message
    .replace(/^The following errors? occurred:\n\s*/, '')
    // It says that arguments must come before such flags; ours take one value each, so they need not.
    .split(/\n\nNote: |\nSee more help with --help/);
  const flag = /^Nonexistent flag: (--?[\w-]+)/.exec(what)?.[1];
  if (flag && command) {
    const near = flag.startsWith('--')
      ? nearestName(
          flag,
          Object.keys(flags).map((name) => `--${name}`),
        )
      : undefined;
    return near
      ? { what: `Unknown flag "${flag}". Did you mean "${near}"?` }
      : { what: `Unknown flag "${flag}"`, fix: helpHint(command) };
  }
  const surplus = /^Unexpected arguments?: (\S+?),?(?:\s|$)/.exec(what)?.[1];
  if (surplus !== undefined && command) return unexpectedArgument(command, surplus, flags);
  return { what: inOurWords(what.trim()), fix: helpHint(command) };
}

/** An argument of a command that takes an inventory by a flag is mostly meant as that. */
function unexpectedArgument(command: string, argument: string, flags: object): ErrorParts {
  const what = `Unexpected argument "${argument}"`;
  if (!('inventory' in flags) || !looksLikeInventory(argument)) return { what, fix: helpHint(command) };
  return { what, why: 'The inventory is given with -i', fix: `Write kubewright ${command} -i ${argument}` };
}

function flagsFirst(argv: readonly string[], names: readonly string[]): ErrorParts {
  const what = `Unknown command "${argv[0]}"`;
  const at = argv.findIndex((word, i) => [word, `${word} ${argv[i + 1]}`].some((name) => names.includes(name)));
  if (at < 1) return { what, fix: 'Run kubewright --help to list the commands' };
  const command = names.find((name) => name === argv.slice(at, at + 2).join(' ')) ?? argv[at];
  return { what, why: 'The command comes first', fix: `Write kubewright ${command} ${argv.slice(0, at).join(' ')}` };
}

function looksLikeInventory(argument: string): boolean {
  return existsSync(argument) || /[/,]|\.(ini|ya?ml|json|toml|cfg)$/.test(argument);
}

function helpHint(command: string | undefined): string {
  return `Run kubewright ${command ? `${command} ` : ''}--help to list arguments and flags`;
}

function unknownCommand(word: string, names: readonly string[]): ErrorParts {
  const what = `Unknown command "${word}"`;
  if (/\.ya?ml$/.test(word)) return { what, why: 'Playbooks are run with run', fix: `Write kubewright run ${word} -i INVENTORY` };
  const [first, ...others] = meant(word, names);
  const topic = word.includes(' ') ? `${word.split(' ')[0]} ` : '';
  if (first === undefined) return { what, fix: `Run kubewright ${topic}--help to list the commands` };
  return { what: `${what}. Did you mean ${[first, ...others].map((name) => `"${name}"`).join(' or ')}?` };
}

function inOurWords(what: string): string {
  const missing = /^Missing \d+ required args?:\n([\s\S]*)/.exec(what)?.[1];
  if (missing) return `Missing ${missing.trim().split('\n').map(argument).join(', ')}`;
  return what
    .replace(/^Nonexistent flags?: /, 'Unknown flags ')
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
