import { InputError } from '../../../base/errors.js';
import { formatError, lookOf } from '../../../base/text/render-error.js';
import { NETWORK_PLUGINS } from '../../../cluster/network-plugins.js';
import { checkSubnet, planMachines } from '../../../inventory/generate.js';
import { parseOwnHosts } from '../../../inventory/own-hosts.js';
import { Questions } from '../../connect/questions.js';
import {
  checkedVersion,
  checkOutput,
  checkUser,
  type GenerateInventoryOptions,
  inventoryGenerate,
  ownHosts,
} from './generate.js';

type Options = GenerateInventoryOptions & {
  readonly output?: string;
  readonly force: boolean;
  /** Addresses, as they were typed. */
  readonly masterText?: string;
  readonly workerText?: string;
};
/** A question: its text, the default as text, and what an answer changes. */
interface Question {
  readonly text: string;
  readonly value: (o: Options) => string;
  /** @throws InputError for an invalid answer. */
  readonly apply: (o: Options, answer: string) => Options;
  /** Checks it together with the earlier answers. @throws InputError */
  readonly check?: (o: Options) => void;
}

/** Answers to later questions that are always valid. */
const PLAIN = { masterName: 'm{n}', workerName: 'w{n}', etcd: 'masters' } as const;

/** One question per flag; an empty answer keeps the value in brackets. */
const QUESTIONS: readonly Question[] = [
  { text: 'Control planes', value: (o) => String(o.masters), apply: (o, a) => ({ ...o, masters: count(a, 1) }) },
  { text: 'Workers', value: (o) => String(o.workers), apply: (o, a) => ({ ...o, workers: count(a, 0) }) },
  { text: 'Subnet of the hosts', value: (o) => o.subnet, apply: (o, a) => ({ ...o, subnet: a }), check: checkSubnet },
  {
    text: 'Host number of the first control plane',
    value: (o) => String(o.masterStart),
    apply: (o, a) => ({ ...o, masterStart: count(a, 1) }),
    check: (o) => planMachines({ ...o, ...PLAIN, workers: 0 }),
  },
  {
    text: 'Host number of the first worker',
    value: (o) => String(o.workerStart),
    apply: (o, a) => ({ ...o, workerStart: count(a, 1) }),
    check: (o) => planMachines({ ...o, ...PLAIN }),
  },
  {
    text: 'Names of control planes ({n}: the host number)',
    value: (o) => o.masterName,
    apply: (o, a) => ({ ...o, masterName: a }),
    check: (o) => planMachines({ ...o, ...PLAIN, masterName: o.masterName, workers: 0 }),
  },
  {
    text: 'Names of workers',
    value: (o) => o.workerName,
    apply: (o, a) => ({ ...o, workerName: a }),
    check: (o) => planMachines({ ...o, etcd: 'masters' }),
  },
  {
    text: 'etcd on: masters, workers or a number of hosts',
    value: (o) => String(o.etcd),
    apply: (o, a) => ({ ...o, etcd: etcdChoice(a) }),
    check: planMachines,
  },
  {
    text: 'Group names: legacy (kube-master) or new',
    value: (o) => o.groupStyle,
    apply: (o, a) => ({ ...o, groupStyle: oneOf(a, ['legacy', 'new']) }),
  },
  {
    text: 'User to log in as',
    value: (o) => o.user ?? '',
    apply: (o, a) => ({ ...o, user: a }),
    check: (o) => checkUser(o.user ?? ''),
  },
  {
    text: 'Use sudo (yes or no)',
    value: (o) => (o.become ? 'yes' : 'no'),
    apply: (o, a) => ({ ...o, become: oneOf(a.toLowerCase(), ['yes', 'no', 'y', 'n']).startsWith('y') }),
  },
  {
    text: 'Kubernetes version',
    value: (o) => o.kubeVersion ?? 'newest',
    apply: (o, a) => ({ ...o, kubeVersion: a === 'newest' ? undefined : checkedVersion(a) }),
  },
  {
    text: `Pod network: ${NETWORK_PLUGINS.join(', ')}`,
    value: (o) => o.networkPlugin,
    apply: (o, a) => ({ ...o, networkPlugin: oneOf(a, NETWORK_PLUGINS) }),
  },
  { text: 'Format: ini or yaml', value: (o) => o.format, apply: (o, a) => ({ ...o, format: oneOf(a, ['ini', 'yaml']) }) },
  {
    text: 'Output directory',
    value: (o) => o.output ?? 'inventories/mine',
    apply: (o, a) => ({ ...o, output: a }),
    check: (o) => checkOutput(o.output ?? '', o.force),
  },
];

/** The addresses, and what is the same for all of them; `QUESTIONS` would ask for numbers in a subnet. */
const OWN_QUESTIONS: readonly Question[] = [
  {
    text: 'Control planes (addresses, ranges or names: 10.0.0.5-7)',
    value: () => '',
    apply: (o, a) => ({ ...o, masterText: checkedHosts(a) }),
  },
  {
    text: 'Workers (empty: the control planes take the pods)',
    value: () => '',
    apply: (o, a) => ({ ...o, workerText: a === '' ? undefined : checkedHosts(a) }),
  },
  {
    text: 'User to log in as (empty: as with ssh)',
    value: () => '',
    apply: (o, a) => ({ ...o, user: a === '' ? undefined : a }),
    check: (o) => (o.user === undefined ? undefined : checkUser(o.user)),
  },
];
/** Questions of both lists. */
const COMMON = ['Use sudo', 'Kubernetes version', 'Pod network', 'Output directory'];

function checkedHosts(text: string): string {
  parseOwnHosts(text);
  return text;
}

/** Asks for addresses on the terminal, and writes the inventory. @throws InputError */
export async function askForHosts(given: Options): Promise<number> {
  const options = await answers(
    [...OWN_QUESTIONS, ...QUESTIONS.filter((q) => COMMON.some((text) => q.text.startsWith(text)))],
    given,
  );
  return await inventoryGenerate({ ...options, own: await ownHosts(options.masterText ?? '', options.workerText) });
}

/** `--etcd`. @throws InputError */
export function etcdChoice(text: string): GenerateInventoryOptions['etcd'] {
  return text === 'masters' || text === 'workers' ? text : count(text, 1);
}

function count(text: string, least: number): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < least)
    throw new InputError({ what: `${text} is not a number`, fix: `Write a whole number, at least ${least}` });
  return Number(text);
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === text);
  if (found === undefined)
    throw new InputError({ what: `${text} is not a valid choice`, fix: `Write one of ${allowed.join(', ')}` });
  return found;
}

/** Asks on the terminal, repeats a question after an invalid answer, and writes the inventory. @throws InputError without a terminal or an answer. */
export async function generateInteractively(given: Options): Promise<number> {
  if (!process.stdin.isTTY)
    throw new InputError({ what: '--interactive needs a terminal', fix: 'Give the answers as flags, see --help' });
  return await inventoryGenerate(await answers(QUESTIONS, given));
}

async function answers(list: readonly Question[], given: Options): Promise<Options> {
  const questions = new Questions(process.stderr, 'Run it again, or give the answers as flags');
  try {
    let options = given;
    for (const q of list) options = await ask(q, options, (text) => questions.ask(text));
    return options;
  } finally {
    questions.close();
  }
}

async function ask(q: Question, options: Options, question: (text: string) => Promise<string>): Promise<Options> {
  for (;;) {
    const value = q.value(options);
    const answer = (await question(value === '' ? `${q.text}: ` : `${q.text} [${value}]: `)).trim();
    try {
      const next = q.apply(options, answer === '' ? value : answer);
      q.check?.(next);
      return next;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      process.stderr.write(`${formatError(error, lookOf(process.stderr))}\n`);
    }
  }
}
