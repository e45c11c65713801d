import { knownKubeVersions } from '../cluster/catalogue.js';
import { NETWORK_PLUGINS } from '../cluster/settings.js';
import { formatError, InputError } from '../errors.js';
import { type GenerateInventoryOptions, generateInventory, inventoryGenerate } from './generate-inventory.js';
import { Questions } from './questions.js';

type Options = GenerateInventoryOptions & { readonly output?: string; readonly force: boolean };
/** A question: its text, the default as text, and what an answer changes. Throws InputError for an answer that makes no sense. */
interface Question {
  readonly text: string;
  readonly value: (o: Options) => string;
  readonly apply: (o: Options, answer: string) => Options;
}

/** The same questions that the flags answer; an empty answer keeps what stands in brackets. */
const QUESTIONS: readonly Question[] = [
  { text: 'Control planes', value: (o) => String(o.masters), apply: (o, a) => ({ ...o, masters: count(a, 1) }) },
  { text: 'Workers', value: (o) => String(o.workers), apply: (o, a) => ({ ...o, workers: count(a, 0) }) },
  { text: 'Subnet of the machines', value: (o) => o.subnet, apply: (o, a) => ({ ...o, subnet: a }) },
  {
    text: 'Number of the first control plane in it',
    value: (o) => String(o.masterStart),
    apply: (o, a) => ({ ...o, masterStart: count(a, 1) }),
  },
  {
    text: 'Number of the first worker in it',
    value: (o) => String(o.workerStart),
    apply: (o, a) => ({ ...o, workerStart: count(a, 1) }),
  },
  { text: 'Names of control planes ({n}: the number)', value: (o) => o.masterName, apply: (o, a) => ({ ...o, masterName: a }) },
  { text: 'Names of workers', value: (o) => o.workerName, apply: (o, a) => ({ ...o, workerName: a }) },
  {
    text: 'etcd on: masters, workers or a number of machines',
    value: (o) => String(o.etcd),
    apply: (o, a) => ({ ...o, etcd: etcdChoice(a) }),
  },
  {
    text: 'Names of groups: legacy (kube-master) or new',
    value: (o) => o.groupStyle,
    apply: (o, a) => ({ ...o, groupStyle: oneOf(a, ['legacy', 'new']) }),
  },
  { text: 'Account to connect as', value: (o) => o.user, apply: (o, a) => ({ ...o, user: a }) },
  {
    text: 'Use sudo there (yes or no)',
    value: (o) => (o.become ? 'yes' : 'no'),
    apply: (o, a) => ({ ...o, become: oneOf(a, ['yes', 'no']) === 'yes' }),
  },
  {
    text: 'Kubernetes version',
    value: (o) => o.kubeVersion ?? 'newest',
    apply: (o, a) => ({ ...o, kubeVersion: a === 'newest' ? undefined : oneOf(a.replace(/^v/, ''), knownKubeVersions()) }),
  },
  {
    text: `Pod network: ${NETWORK_PLUGINS.join(', ')}`,
    value: (o) => o.networkPlugin,
    apply: (o, a) => ({ ...o, networkPlugin: oneOf(a, NETWORK_PLUGINS) }),
  },
  { text: 'Format: ini or yaml', value: (o) => o.format, apply: (o, a) => ({ ...o, format: oneOf(a, ['ini', 'yaml']) }) },
  { text: 'Folder to write to', value: (o) => o.output ?? 'inventories/mine', apply: (o, a) => ({ ...o, output: a }) },
];

/** `--etcd`. @throws InputError */
export function etcdChoice(text: string): GenerateInventoryOptions['etcd'] {
  return text === 'masters' || text === 'workers' ? text : count(text, 1);
}

function count(text: string, least: number): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < least)
    throw new InputError({ what: `${text} is no number`, todo: `Write a whole number, at least ${least}` });
  return Number(text);
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === text);
  if (found === undefined)
    throw new InputError({ what: `${text} is none of the choices`, todo: `Write one of ${allowed.slice(0, 12).join(', ')}` });
  return found;
}

/** Asks on the terminal, again where an answer makes no sense, and writes the inventory. @throws InputError without a terminal or an answer. */
export async function generateInteractively(given: Options): Promise<number> {
  if (!process.stdin.isTTY)
    throw new InputError({ what: '--interactive, but there is no terminal', todo: 'Give the answers as flags, see --help' });
  const questions = new Questions(process.stderr, 'Run it again, or give the answers as flags');
  try {
    let options = given;
    for (;;) {
      for (const q of QUESTIONS) options = await ask(q, options, (text) => questions.ask(text));
      try {
        generateInventory(options);
        break;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        process.stderr.write(`${formatError(error)}\nOnce more:\n`);
      }
    }
    return await inventoryGenerate(options);
  } finally {
    questions.close();
  }
}

async function ask(q: Question, options: Options, question: (text: string) => Promise<string>): Promise<Options> {
  for (;;) {
    const answer = (await question(`${q.text} [${q.value(options)}]: `)).trim();
    try {
      return q.apply(options, answer === '' ? q.value(options) : answer);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      process.stderr.write(`${formatError(error)}\n`);
    }
  }
}
