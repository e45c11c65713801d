// npm run bench: 41 converged tasks on nine lab machines, with Ansible, Ansible and Mitogen, plain ssh, and Kubewright.
// Options: --rounds N (default 5), --ansible-rounds N (default 1), --json FILE, --keep (leave the machines running).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { benchLab, needPackages } from './support/lab.mjs';
import { measure, median } from './support/measure.mjs';
import { flag, option, printTable, say, seconds, times, writeResult } from './support/report.mjs';
import { fortyOneTasks } from './support/tasks.mjs';

const rounds = Number(option('rounds', '5'));
const ansibleRounds = Number(option('ansible-rounds', '1'));
const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

needPackages(['ansible-core', 'ansible-mitogen', 'openssh-client']);
const lab = await benchLab({ masters: 3, workers: 6, subnet: '10.79.0.0/24', keep: flag('keep') });
try {
  const tasks = fortyOneTasks();
  const inventory = writeInputs(tasks);
  say('installing Python on the machines, for Ansible alone');
  await Promise.all(
    lab.hosts.map((h) =>
      lab.ssh(
        h,
        'command -v python3 || { sudo apt-get -q update && sudo apt-get -q -y install --no-install-recommends python3; }',
      ),
    ),
  );
  say('making the state that all of them will find');
  const ours = () => lab.cli(['run', join(lab.dir, 'ours.yml'), '-i', inventory, '--plain']);
  await ours();
  const again = await ours();
  const changed = [...again.stdout.matchAll(/changed=(\d+)/g)].map((m) => Number(m[1]));
  if (changed.length < lab.hosts.length || changed.some((n) => n !== 0))
    throw new Error(`the second run was to change nothing:\n${again.stdout.slice(-2000)}`);

  const program = tasks.map((t) => `( set -eu; ${t.check} ) </dev/null || echo 'not so: ${t.name}'`).join('\n');
  const contenders = {
    'ssh HOST true, all at once': () => everywhere('true', ''),
    'the 41 checks over plain ssh, all at once': () => everywhere('sudo sh -s', `main() {\n${program}\n}\nmain\n`),
    'kubewright run': ours,
    'Ansible with Mitogen': () => ansible({ ANSIBLE_STRATEGY_PLUGINS: MITOGEN, ANSIBLE_STRATEGY: 'mitogen_linear' }),
    'Ansible, pipelining, 9 forks': () => ansible({}),
  };
  const taken = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, work] of Object.entries(contenders)) {
      if (name.startsWith('Ansible') && round > ansibleRounds) continue;
      say(`round ${round}: ${name}`);
      taken[name].push((await work()).ms);
    }
  }
  report(taken);
} finally {
  await lab.down();
}

function writeInputs(tasks) {
  const inventory = join(lab.dir, 'bench.ini');
  const vars = { ansible_user: 'vagrant', ansible_ssh_private_key_file: lab.key, ansible_become: true };
  const common = `-o UserKnownHostsFile=${lab.knownHosts}`;
  writeFileSync(
    inventory,
    `[all]\n${lab.hosts.map((h) => `${h.name} ansible_host=${h.address}\n`).join('')}\n[all:vars]\n${Object.entries(vars)
      .map(([k, v]) => `${k}=${v}\n`)
      .join('')}ansible_ssh_common_args=${common}\n`,
  );
  const own = tasks.map(({ name, check, run }) => ({ name, check, run }));
  writeFileSync(join(lab.dir, 'ours.yml'), stringify([{ name: 'Forty-one tasks', hosts: 'all', tasks: own }]));
  const theirs = tasks.map(({ name, ansible: words }) => ({ name, ...words }));
  writeFileSync(
    join(lab.dir, 'ansible.yml'),
    stringify([{ name: 'Forty-one tasks', hosts: 'all', gather_facts: false, tasks: theirs }], { aliasDuplicateObjects: false }),
  );
  return inventory;
}

/** One command on all machines at the same time; milliseconds until the last has ended. */
async function everywhere(command, input) {
  const began = performance.now();
  const ends = await Promise.all(lab.hosts.map((h) => lab.ssh(h, command, input)));
  const said = ends.map((e) => e.stdout).join('');
  if (said !== '') throw new Error(`nothing was to be said:\n${said}`);
  return { ms: performance.now() - began };
}

async function ansible(env) {
  const end = await measure('ansible-playbook', ['-i', join(lab.dir, 'bench.ini'), join(lab.dir, 'ansible.yml')], {
    cwd: lab.dir,
    env: {
      ...lab.env,
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_FORKS: `${lab.hosts.length}`,
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
      ...env,
    },
  });
  const recap = [...end.stdout.matchAll(/ok=(\d+)\s+changed=(\d+)/g)];
  if (recap.length !== lab.hosts.length || recap.some((m) => m[1] !== '41' || m[2] !== '0'))
    throw new Error(`ok=41 changed=0 was expected everywhere:\n${end.stdout.slice(-2000)}${end.stderr.slice(-2000)}`);
  return end;
}

function report(taken) {
  const medians = Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, median(ms)]));
  const own = medians['kubewright run'];
  const plain = medians['the 41 checks over plain ssh, all at once'];
  console.log(`\n${lab.hosts.length} machines, 41 converged tasks each, nothing to change\n`);
  printTable([
    ['', 'median', 'runs', 'against plain ssh', 'against kubewright'],
    ...Object.entries(medians).map(([name, ms]) => [
      name,
      seconds(ms),
      `${taken[name].length}`,
      times(ms / plain),
      times(ms / own),
    ]),
  ]);
  const goals = [
    ['at most 1.5 times plain ssh', own / plain, own / plain <= 1.5],
    [
      'over 25 times faster than Ansible',
      medians['Ansible, pipelining, 9 forks'] / own,
      medians['Ansible, pipelining, 9 forks'] / own > 25,
    ],
  ];
  console.log('');
  for (const [text, value, held] of goals) console.log(`${held ? 'held    ' : 'not held'}  ${text}: ${times(value)}`);
  writeResult(option('json', 'bench-tasks.json'), { bench: 'tasks', hosts: lab.hosts.length, tasks: 41, ms: taken, medians });
}
