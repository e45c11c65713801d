import { Flags } from '@oclif/core';
import { limitOf } from '../app/inventory/limit-flag.js';

/** How encrypted variables are opened. */
export const vaultFlags = {
  'ask-vault-pass': Flags.boolean({ char: 'J', description: 'ask for the Ansible Vault password, if anything is encrypted' }),
  'vault-password-file': Flags.string({
    description: 'file with the Ansible Vault password, or a script that prints it (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
  }),
  'vault-id': Flags.string({
    description: 'vault id and where its password comes from: LABEL@FILE or LABEL@prompt (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'LABEL@SOURCE',
  }),
};

/** Of what only looks at an inventory; whatever runs a playbook knows its folder. */
export const playbookDirFlag = {
  'playbook-dir': Flags.string({
    description: 'read group_vars and host_vars of this folder, too: that of the playbook',
    helpValue: 'DIR',
  }),
};

/** Which machines: shared by every command that reads an inventory. */
export const inventoryFlags = {
  inventory: Flags.string({
    char: 'i',
    description:
      'inventory file, folder, program or list of hosts (repeatable; default: KUBEWRIGHT_INVENTORY, or that of ansible.cfg)',
    multiple: true,
    multipleNonGreedy: true,
    // Not `env:`, which gives a flag that may be repeated a text in place of a list (oclif 4.14).
    default: async () => listed(process.env.KUBEWRIGHT_INVENTORY),
    noCacheDefault: true,
    helpValue: 'PATH',
  }),
  'extra-vars': Flags.string({
    char: 'e',
    description: 'set a variable above all others: key=value, @file.yml or JSON (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: 'VARS',
  }),
  ...vaultFlags,
  limit: Flags.string({
    char: 'l',
    description: 'only hosts that match this pattern',
    helpValue: 'PATTERN',
    parse: limitOf,
  }),
};

/** How the machines are reached. */
export const connectionFlags = {
  user: Flags.string({ char: 'u', description: 'connect as this user', env: 'KUBEWRIGHT_USER' }),
  'private-key': Flags.string({
    description: 'private key file to connect with',
    helpValue: 'FILE',
    env: 'KUBEWRIGHT_PRIVATE_KEY',
  }),
  'ask-pass': Flags.boolean({ char: 'k', description: 'ask for the SSH password (or set KUBEWRIGHT_SSH_PASSWORD)' }),
  'ask-become-pass': Flags.boolean({ char: 'K', description: 'ask for the sudo password (or set KUBEWRIGHT_BECOME_PASSWORD)' }),
  become: Flags.boolean({ char: 'b', description: 'use sudo even where the inventory does not say so' }),
  'host-key-checking': Flags.option({
    options: ['strict', 'accept-new', 'off'] as const,
    description: 'what to do with a host key that is not known yet (a changed key is always refused unless off)',
  })(),
  'connect-timeout': Flags.integer({
    description: 'seconds until a connection must stand (default 10, or ConnectTimeout)',
    min: 1,
  }),
  'ssh-config': Flags.string({
    description: 'SSH configuration to read in place of ~/.ssh/config; `none` for none',
    helpValue: 'FILE',
    env: 'KUBEWRIGHT_SSH_CONFIG',
  }),
  forks: Flags.integer({ char: 'f', description: 'machines to work on at once (default 50)', min: 1 }),
};

/** Where runs leave their journals. */
export const journalFlags = {
  'journal-dir': Flags.string({
    description: 'folder of the journals (default: .kubewright/runs below the working folder)',
    helpValue: 'DIR',
    env: 'KUBEWRIGHT_JOURNAL_DIR',
  }),
};

export const outputFlags = {
  ...journalFlags,
  json: Flags.boolean({ description: 'print events as JSON lines', exclusive: ['plain'] }),
  plain: Flags.boolean({ description: 'print plain lines, also on a terminal' }),
  verbose: Flags.integer({
    char: 'v',
    description: 'how much is shown: 0 changes and failures, 1 every task (-v), 2 their output too (-vv)',
    default: 0,
    min: 0,
    max: 2,
    helpValue: 'LEVEL',
  }),
};

/** Which plays and tasks, and whether they change anything: shared by what runs a playbook. */
export const playFlags = {
  bundle: Flags.string({
    description: 'offline bundle (folder or tar) to install from',
    helpValue: 'PATH',
    env: 'KUBEWRIGHT_BUNDLE',
  }),
  tags: Flags.string({
    char: 't',
    description: 'only what has one of these tags (also: all, tagged, untagged, always, never)',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    default: [],
  }),
  'skip-tags': Flags.string({
    description: 'leave out what has one of these tags',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    default: [],
  }),
  'start-at': Flags.string({ description: 'begin with this task (id or title, * for any letters)', helpValue: 'TASK' }),
  step: Flags.boolean({ description: 'ask before each play and each task', exclusive: ['json'] }),
  'list-hosts': Flags.boolean({ description: 'print the hosts of each play and stop; no machine is touched' }),
  'list-tasks': Flags.boolean({ description: 'print the tasks of each play and stop; no machine is touched' }),
  'list-tags': Flags.boolean({ description: 'print the tags of each play and stop; no machine is touched' }),
  check: Flags.boolean({ char: 'C', description: 'change nothing, say what would change' }),
  diff: Flags.boolean({ char: 'D', description: 'show what changes, file by file' }),
  'force-unlock': Flags.boolean({
    description: 'take the lock of a machine from another run, and stop what that run has at work there first',
  }),
};

function listed(value: string | undefined): string[] | undefined {
  return value ? [value] : undefined;
}
