import { Flags } from '@oclif/core';
import { limitOf } from '../app/inventory/limit-flag.js';

/** How encrypted variables are decrypted. */
export const vaultFlags = {
  'ask-vault-pass': Flags.boolean({
    helpGroup: 'secret',
    char: 'J',
    description: 'ask for the Ansible Vault password if anything is encrypted',
  }),
  'vault-password-file': Flags.string({
    helpGroup: 'secret',
    description: 'file that holds the Ansible Vault password, or a script that prints it (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
  }),
  'vault-id': Flags.string({
    helpGroup: 'secret',
    description: 'vault id and where its password comes from: LABEL@FILE or LABEL@prompt (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'LABEL@SOURCE',
  }),
};

/** For commands that only read an inventory; those that run a playbook know its directory. */
export const playbookDirFlag = {
  'playbook-dir': Flags.string({
    description: 'also read group_vars and host_vars in this directory, the one of the playbook',
    helpValue: 'DIR',
  }),
};

/** Which hosts: shared by every command that reads an inventory. */
export const inventoryFlags = {
  inventory: Flags.string({
    char: 'i',
    description:
      'inventory file, directory, script or list of hosts (repeatable; default: KUBEWRIGHT_INVENTORY, or the one in ansible.cfg)',
    multiple: true,
    multipleNonGreedy: true,
    // Not `env:`, which gives a repeatable flag a string instead of a list (oclif 4.14).
    default: async () => listed(process.env.KUBEWRIGHT_INVENTORY),
    noCacheDefault: true,
    helpValue: 'PATH',
  }),
  'extra-vars': Flags.string({
    char: 'e',
    description: 'set a variable, overriding all others: key=value, @file.yml or JSON (repeatable)',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: 'VARS',
  }),
  ...vaultFlags,
  limit: Flags.string({
    helpGroup: 'selection',
    char: 'l',
    description: 'only hosts that match this pattern',
    helpValue: 'PATTERN',
    parse: limitOf,
  }),
};

/** For commands that always concern the whole cluster of an inventory. */
export const clusterFlags = {
  inventory: inventoryFlags.inventory,
  'extra-vars': inventoryFlags['extra-vars'],
  ...vaultFlags,
};

/** How hosts are reached. */
export const connectionFlags = {
  user: Flags.string({ helpGroup: 'connection', char: 'u', description: 'user to log in as', env: 'KUBEWRIGHT_USER' }),
  'private-key': Flags.string({
    helpGroup: 'connection',
    description: 'private key to log in with',
    helpValue: 'FILE',
    env: 'KUBEWRIGHT_PRIVATE_KEY',
  }),
  'ask-pass': Flags.boolean({
    helpGroup: 'secret',
    char: 'k',
    description: 'ask for the SSH password (or set KUBEWRIGHT_SSH_PASSWORD)',
  }),
  'ask-become-pass': Flags.boolean({
    helpGroup: 'secret',
    char: 'K',
    description: 'ask for the sudo password (or set KUBEWRIGHT_BECOME_PASSWORD)',
  }),
  become: Flags.boolean({
    helpGroup: 'connection',
    char: 'b',
    description: 'use sudo even if the inventory does not ask for it',
  }),
  'host-key-checking': Flags.option({
    helpGroup: 'connection',
    options: ['strict', 'accept-new', 'off'] as const,
    description: 'how to treat an unknown host key (a changed key is refused unless this is off)',
  })(),
  'connect-timeout': Flags.integer({
    helpGroup: 'connection',
    description: 'seconds to wait for a connection (default: ConnectTimeout, or 10)',
    min: 1,
  }),
  'ssh-config': Flags.string({
    helpGroup: 'connection',
    description: 'SSH configuration to read instead of ~/.ssh/config; `none` to read none',
    helpValue: 'FILE',
    env: 'KUBEWRIGHT_SSH_CONFIG',
  }),
  forks: Flags.integer({ helpGroup: 'connection', char: 'f', description: 'hosts to work on at once (default 50)', min: 1 }),
};

/** Where runs keep their journals. */
export const journalFlags = {
  'journal-dir': Flags.string({
    helpGroup: 'output',
    description: 'directory of the journals (default: .kubewright/runs in the working directory)',
    helpValue: 'DIR',
    env: 'KUBEWRIGHT_JOURNAL_DIR',
  }),
};

export const outputFlags = {
  ...journalFlags,
  json: Flags.boolean({ helpGroup: 'output', description: 'print events as JSON lines', exclusive: ['plain'] }),
  plain: Flags.boolean({ helpGroup: 'output', description: 'print plain lines even on a terminal' }),
  verbose: Flags.integer({
    helpGroup: 'output',
    char: 'v',
    description: 'what to show: 0 changes and failures, 1 every task (-v), 2 their output as well (-vv)',
    default: 0,
    min: 0,
    max: 2,
    helpValue: 'LEVEL',
  }),
};

/** Which plays and tasks, and whether they change anything: shared by commands that run a playbook. */
export const playFlags = {
  bundle: Flags.string({
    description: 'offline bundle (directory or tar) to install from',
    helpValue: 'PATH',
    env: 'KUBEWRIGHT_BUNDLE',
  }),
  tags: Flags.string({
    helpGroup: 'selection',
    char: 't',
    description: 'run only what has one of these tags (or: all, tagged, untagged, always, never)',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    default: [],
  }),
  'skip-tags': Flags.string({
    helpGroup: 'selection',
    description: 'skip what has one of these tags',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    default: [],
  }),
  'start-at': Flags.string({
    helpGroup: 'selection',
    description: 'start at this task (id or title, * matches any characters)',
    helpValue: 'TASK',
  }),
  step: Flags.boolean({ helpGroup: 'selection', description: 'ask before each play and each task', exclusive: ['json'] }),
  'list-hosts': Flags.boolean({
    helpGroup: 'selection',
    description: 'print the hosts of each play and exit; no host is touched',
  }),
  'list-tasks': Flags.boolean({
    helpGroup: 'selection',
    description: 'print the tasks of each play and exit; no host is touched',
  }),
  'list-tags': Flags.boolean({ helpGroup: 'selection', description: 'print the tags of each play and exit; no host is touched' }),
  check: Flags.boolean({ char: 'C', description: 'change nothing; report what would change' }),
  diff: Flags.boolean({ char: 'D', description: 'show the changes to each file' }),
  'force-unlock': Flags.boolean({
    description: 'take over hosts that another run holds; its running tasks are stopped first',
  }),
};

/** For commands that change a living cluster: what they share with `provision`. */
export const operationFlags = {
  ...clusterFlags,
  ...connectionFlags,
  ...outputFlags,
  bundle: playFlags.bundle,
  step: playFlags.step,
  check: playFlags.check,
  diff: playFlags.diff,
  'force-unlock': playFlags['force-unlock'],
};

/** For what cannot be taken back. */
export const yesFlag = { yes: Flags.boolean({ char: 'y', description: 'go on without asking' }) };

function listed(value: string | undefined): string[] | undefined {
  return value ? [value] : undefined;
}

/** Where the Kubernetes of a lab on this box comes from. */
export const sourceFlag = {
  source: Flags.option({
    options: ['auto', 'official', 'go', 'debian', 'none'] as const,
    description:
      'where Kubernetes comes from: official downloads, a bundle from Go modules (with Calico and CoreDNS) or from Debian packages (1.20.2), or none (lab machines only)  [default: what the lab has; else the first of them that can be had]',
  })(),
};
