/** What to write instead of keys that Ansible has and Kubewright does not. */

const SHELL = 'Write run: with the shell text, and check: with what tells that there is nothing to do';
const RERUN = 'Write check: that compares the host with what the task wants';
const BECOME = 'Tasks run as root; a part of the shell text runs as another user with runuser -u NAME -- COMMAND';
const LOOP = 'Write one task per item, or a loop in the shell text';
const ENVIRONMENT = 'Write export NAME=VALUE at the beginning of run:';
const INCLUDE = 'Write the tasks here: task files are not supported';
const ONE_HOST = "Write when: inventory_hostname == 'HOST', or a play of its own with hosts: HOST";
const AGAIN = 'Write a loop in the shell text: for i in 1 2 3; do COMMAND && break; sleep 5; done';
const FAILS = 'Write run: with `|| true` where a failure is harmless, or with a test that ends with exit 1';
const PACKAGES =
  'Write run: with the package manager (apt-get install -y NAME), and check: with what it installs (command -v NAME)';
const SERVICES = 'Write run: systemctl enable --now NAME, and check: systemctl is-active NAME';
const FILES = 'Write run: mkdir …, with check: [ -d … ]';
const LINES = "Write run: with sed or printf, and check: grep -qx 'LINE' FILE; or the whole file with copy:";
const SHOW = 'Write run: echo …, and run with -v 2 to see it';
const CHECK_MODE = '--check and --diff are for the whole run; a task that changes nothing can be left out with --tags';

const TASK: Readonly<Record<string, string>> = {
  shell: SHELL,
  command: SHELL,
  raw: SHELL,
  expect: SHELL,
  copy: 'Write copy:',
  script: 'Write script:',
  template: 'Write copy: with the text in content:',
  file: FILES,
  stat: 'Write check: with test, as in [ -e /PATH ]',
  lineinfile: LINES,
  blockinfile: LINES,
  replace: LINES,
  apt: PACKAGES,
  dnf: PACKAGES,
  yum: PACKAGES,
  package: PACKAGES,
  pip: PACKAGES,
  service: SERVICES,
  systemd: SERVICES,
  systemd_service: SERVICES,
  user: 'Write run: useradd NAME, and check: id NAME',
  group: 'Write run: groupadd NAME, and check: getent group NAME',
  get_url: 'Write run: curl -fsSLo FILE URL, with creates: FILE',
  unarchive: 'Write run: tar -xf …, with creates: and a file out of it',
  reboot: 'Restart the host outside of a run, and run the same command again',
  debug: SHOW,
  assert: 'Write run: with a test that fails, and hint: with what to do',
  fail: 'Write run: exit 1, with hint: and when:',
  set_fact: 'Write vars: on the play or the task',
  include_vars: 'Give the file with -e @FILE',
  include_tasks: INCLUDE,
  import_tasks: INCLUDE,
  include: INCLUDE,
  include_role: 'Write roles: [NAME] on the play',
  import_role: 'Write roles: [NAME] on the play',
  meta: RERUN,
  setup: 'Facts are gathered when a role needs them; in shell text ask the host',
  gather_facts: 'Facts are gathered when a role needs them; in shell text ask the host',
  wait_for: 'Write run: with a loop that waits, and timeout:',
  pause: 'Write run: sleep SECONDS',
  block: 'Write its tasks one after the other; tags and when belong to each',
  rescue: FAILS,
  always: FAILS,
  no_log: 'Write sensitive: true',
  notify: RERUN,
  register: RERUN,
  handlers: RERUN,
  listen: RERUN,
  changed_when: 'Write check:, which says before the task whether there is anything to do',
  failed_when: FAILS,
  ignore_errors: FAILS,
  ignore_unreachable: 'An unreachable host drops out, and the others continue',
  loop: LOOP,
  loop_control: LOOP,
  until: AGAIN,
  retries: AGAIN,
  delay: AGAIN,
  async: 'Tasks run detached anyway: a lost connection does not end them. Write timeout: for a long one',
  poll: 'Tasks run detached anyway: a lost connection does not end them. Write timeout: for a long one',
  become: BECOME,
  become_user: BECOME,
  become_method: 'Set ansible_become_method in the inventory',
  remote_user: 'Set ansible_user in the inventory, or give --user',
  delegate_to: ONE_HOST,
  local_action: 'Run it on this machine yourself, or add it to the inventory: localhost ansible_connection=local',
  run_once: ONE_HOST,
  environment: ENVIRONMENT,
  args: 'Write creates: beside run:, and cd DIRECTORY at the beginning of the shell text',
  check_mode: CHECK_MODE,
  diff: CHECK_MODE,
  any_errors_fatal: 'Write it on the play',
  throttle: 'Write serial: on the play, or give --forks',
};

const PLAY: Readonly<Record<string, string>> = {
  handlers: 'Write check: that says whether a restart is due',
  become_user: BECOME,
  become_method: 'Set ansible_become_method in the inventory',
  remote_user: 'Set ansible_user in the inventory, or give --user',
  connection: 'Set ansible_connection in the inventory',
  port: 'Set ansible_port in the inventory',
  vars_files: 'Give the file with -e @FILE',
  vars_prompt: 'Give the values with -e NAME=VALUE, or with -e @FILE',
  strategy: 'Each host runs a play at its own speed anyway',
  order: 'All hosts of a batch begin at once; write serial: for their order',
  throttle: 'Write serial: on the play, or give --forks',
  timeout: 'Write it on the tasks',
  no_log: 'Write sensitive: true on the tasks',
  when: 'Write it on the tasks',
  ignore_errors: FAILS,
  ignore_unreachable: 'An unreachable host drops out, and the others continue',
  run_once: 'Write hosts: with one host',
  import_playbook: 'Run the playbooks one after the other, or write their plays into one file',
  environment: ENVIRONMENT,
  collections: 'There are no collections: remove it',
  module_defaults: 'There are no modules: remove it',
};

const COPY: Readonly<Record<string, string>> = {
  remote_src: 'Write run: cp …, with check: cmp -s …',
  backup: 'Write a task before it that keeps a copy',
  validate: 'Write a task after it that checks the file',
  force: "Write run: with cat > FILE << 'END' …, with creates: FILE, for a file that is written only once",
  directory_mode: 'Create the directory in a task before it: copy neither creates nor copies directories',
};

/** Key of a task, a play or copy in Ansible → what to write instead. A module may have its long name. */
export const instead = {
  task: (key: string): string | undefined => {
    const short = key.replace(/^ansible\.(builtin|legacy)\./, '');
    if (/^with_[a-z]/.test(short)) return LOOP;
    return lookUp(TASK, short) ?? (short.includes('.') ? SHELL : undefined);
  },
  play: (key: string): string | undefined => lookUp(PLAY, key.replace(/^ansible\.builtin\./, '')),
  copy: (key: string): string | undefined => lookUp(COPY, key),
};

/** `constructor` is a key of every object. */
function lookUp(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
