import { answers, type Kind } from './values.js';
import type { Candidate, Completion, Flag, FlagWords, Line } from './words.js';

/** What the manifest says of a command; its flags and arguments are oclif's. */
export interface CommandWords {
  readonly summary?: string;
  readonly flags: Readonly<Record<string, FlagWords>>;
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
}

/** What the value of a flag is; a flag with a list of options needs no entry. */
const FLAGS: Readonly<Record<string, Kind>> = {
  bundle: 'files',
  'extra-vars': 'assignments',
  hub: 'hosts',
  inventory: 'files',
  'inventory-dir': 'directories',
  'journal-dir': 'directories',
  'kube-version': 'versions',
  limit: 'hosts',
  output: 'files',
  playbook: 'files',
  'playbook-dir': 'directories',
  'private-key': 'files',
  'skip-tags': 'tags',
  'ssh-config': 'files',
  tags: 'tags',
  to: 'versions',
  'vault-password-file': 'files',
};

/** The same of arguments, by command and place. */
const ARGUMENTS: Readonly<Record<string, readonly Kind[]>> = {
  'bundle:show': ['files'],
  'bundle:verify': ['files'],
  exec: ['hosts'],
  'lab:ssh': ['machines'],
  'lab:start': ['machines'],
  'lab:stop': ['machines'],
  run: ['files'],
  'runs:attach': ['runs'],
  'runs:report': ['runs'],
  'runs:show': ['runs'],
  settings: ['settings'],
  ssh: ['hosts'],
};

/**
 * What may be written for the last of `words`, which come after the name of the tool. Never fails: without an answer there is none.
 * @param commands by id, `lab:up`; @param topics their first words, with what they are.
 */
export async function complete(
  words: readonly string[],
  commands: Readonly<Record<string, CommandWords>>,
  topics: Readonly<Record<string, string>>,
): Promise<Completion> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  if (before[0] === 'help') return await complete([...before.slice(1), current], commands, topics);
  const id = [before.slice(0, 2).join(':'), before[0] ?? ''].find((name) => Object.hasOwn(commands, name));
  if (id === undefined) return names(before, current, commands, topics);
  const rest = before.slice(id.split(':').length);
  const command = commands[id];
  if (!command) return [];
  // What comes after -- is a command of a host.
  if (rest.includes('--')) return [];
  const line = read(rest, command);
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const flag = inline ? flagOf(inline[1] ?? '', command) : line.waiting;
  if (flag) {
    const found = await valuesOf(flag, inline ? (inline[2] ?? '') : current, line);
    return inline && typeof found !== 'string' ? found.map((c) => ({ ...c, value: `${inline[1]}=${c.value}` })) : found;
  }
  if (current.startsWith('-')) return flags(command, line.given, current);
  const [kind] = (ARGUMENTS[id] ?? []).slice(line.args.length);
  const [options] = Object.values(command.args).slice(line.args.length);
  if (options?.options)
    return fitting(
      options.options.map((value) => ({ value })),
      current,
    );
  return kind === undefined ? [] : await answers(kind, current, line);
}

function names(
  before: readonly string[],
  current: string,
  commands: Readonly<Record<string, CommandWords>>,
  topics: Readonly<Record<string, string>>,
): readonly Candidate[] {
  if (before.length > 1 || current.startsWith('-'))
    return before.length === 0 ? fitting([{ value: '--help' }, { value: '--version' }], current) : [];
  const [topic] = before;
  const found = Object.entries(commands).flatMap(([id, command]): Candidate[] => {
    const [first = '', second] = id.split(':');
    if (topic !== undefined) return first === topic && second !== undefined ? [{ value: second, text: command.summary }] : [];
    return [{ value: first, text: second === undefined ? command.summary : topics[first] }];
  });
  return fitting(
    found.filter((c, i) => found.findIndex((d) => d.value === c.value) === i),
    current,
  );
}

function read(words: readonly string[], command: CommandWords): Line {
  const args: string[] = [];
  const given = new Map<string, string[]>();
  let waiting: Flag | undefined;
  for (const word of words) {
    if (waiting) {
      given.set(waiting.name, [...(given.get(waiting.name) ?? []), word]);
      waiting = undefined;
    } else if (word.startsWith('-')) {
      const [, name = word, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
      const flag = flagOf(name, command);
      if (!flag) continue;
      if (flag.type === 'option' && value === undefined) waiting = flag;
      else given.set(flag.name, [...(given.get(flag.name) ?? []), value ?? '']);
    } else args.push(word);
  }
  return { args, given, waiting };
}

function flagOf(word: string, command: CommandWords): Flag | undefined {
  const found = Object.entries(command.flags).find(
    ([name, f]) => word === `--${name}` || (f.char !== undefined && word === `-${f.char}`),
  );
  return found && { name: found[0], ...found[1] };
}

function flags(command: CommandWords, given: ReadonlyMap<string, unknown>, current: string): readonly Candidate[] {
  const all = Object.entries(command.flags).filter(([name, f]) => !f.hidden && (f.multiple === true || !given.has(name)));
  return fitting([...all.map(([name, f]) => ({ value: `--${name}`, text: f.description })), { value: '--help' }], current);
}

async function valuesOf(flag: Flag, current: string, line: Line): Promise<Completion> {
  if (flag.options)
    return fitting(
      flag.options.map((value) => ({ value })),
      current,
    );
  const kind = FLAGS[flag.name];
  return kind === undefined ? [] : await answers(kind, current, line);
}

function fitting(all: readonly Candidate[], current: string): readonly Candidate[] {
  return all.filter((c) => c.value.startsWith(current));
}
