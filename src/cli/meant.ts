import { distance } from '../base/nearest.js';

/** Words of other tools, or of common sense, and the command here. A word that is a command itself is not looked up. */
const SYNONYMS: Readonly<Record<string, string>> = {
  apply: 'provision',
  bootstrap: 'provision',
  cluster: 'provision',
  create: 'provision',
  deploy: 'provision',
  init: 'inventory generate',
  install: 'provision',
  new: 'inventory generate',
  up: 'provision',
  ansible: 'exec',
  cmd: 'exec',
  command: 'exec',
  ping: 'exec',
  shell: 'ssh',
  login: 'ssh',
  'ansible-playbook': 'run',
  play: 'run',
  playbook: 'run',
  'ansible-inventory': 'inventory list',
  hosts: 'inventory show',
  'copy-id': 'keys distribute',
  'ssh-copy-id': 'keys distribute',
  history: 'runs list',
  log: 'runs show latest',
  logs: 'runs show latest',
  report: 'runs report',
  update: 'upgrade',
  downgrade: 'rollback',
  undo: 'rollback',
  add: 'provision',
  'add-node': 'provision',
  join: 'provision',
  scale: 'provision',
  backup: 'etcd snapshot',
  restore: 'etcd restore',
  drain: 'remove',
  'delete-node': 'remove',
  'remove-node': 'remove',
  download: 'bundle build',
  offline: 'bundle build',
  vagrant: 'lab up --provider vagrant',
  'lab create': 'lab up',
  'lab delete': 'lab down',
  'lab destroy': 'lab down',
  'lab halt': 'lab stop',
  'lab init': 'lab up',
  'lab list': 'lab status',
  'lab ls': 'lab status',
  'lab remove': 'lab down',
  'lab rm': 'lab down',
  'lab shell': 'lab ssh',
  'lab show': 'lab status',
  'runs delete': 'runs prune',
  'runs follow': 'runs attach',
  'runs log': 'runs show',
  'runs logs': 'runs show',
  'runs ls': 'runs list',
  'runs rm': 'runs prune',
  'runs tail': 'runs attach',
  'inventory check': 'inventory validate',
  'inventory create': 'inventory generate',
  'inventory init': 'inventory generate',
  'inventory lint': 'inventory validate',
  'inventory ls': 'inventory list',
  'inventory new': 'inventory generate',
  'keys add': 'keys distribute',
  'keys copy': 'keys distribute',
  'keys remove': 'keys distribute --revoke NAME',
  'keys revoke': 'keys distribute --revoke NAME',
  'keys rotate': 'keys distribute --rotate',
  'keys test': 'keys check',
  'bundle create': 'bundle build',
  'bundle list': 'bundle show',
  'bundle check': 'bundle verify',
};

/** What a removal may be called: only ever answered with a choice, never with a likely command. */
const REMOVALS = ['delete', 'destroy', 'down', 'remove', 'teardown', 'undeploy', 'uninstall'];

/** The command lines that a wrong first word, or two, may have meant; the likeliest first, empty: none. `names`: all commands. */
export function meant(word: string, names: readonly string[]): string[] {
  const words = word.split(' ');
  if (words.length === 1 && REMOVALS.includes(word)) return ['lab down', 'reset'].filter((name) => names.includes(name));
  const synonym = SYNONYMS[word];
  if (synonym !== undefined) return [synonym];
  const last = words.at(-1) ?? '';
  // `kubewright validate`: the command of a topic, without the topic.
  const inTopic = words.length === 1 ? names.filter((name) => name.endsWith(` ${word}`)) : [];
  if (inTopic.length > 0) return inTopic;
  const topic = words.length === 2 ? `${words[0]} ` : '';
  const near = (name: string): number => distance(last, name.slice(topic.length));
  // Of short words almost any is two letters away.
  const most = last.length < 4 ? 1 : Math.max(2, Math.floor(last.length / 3));
  const candidates =
    topic === ''
      ? [...new Set(names.map((n) => n.split(' ')[0] ?? n)), 'help', 'version']
      : names.filter((n) => n.startsWith(topic));
  const [nearest] = candidates.filter((n) => near(n) <= most).sort((a, b) => near(a) - near(b));
  if (nearest !== undefined) return [nearest];
  const [inside] = topic === '' ? names.filter((n) => n.includes(' ') && distance(word, n.split(' ')[1] ?? '') <= most) : [];
  return inside === undefined ? [] : [inside];
}
