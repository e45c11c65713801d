import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from './flags.js';
import { optionsOf } from './options.js';

const { limit: _, ...inventory } = inventoryFlags;
const { user: login, ...connection } = connectionFlags;

export default class Kubeconfig extends Command {
  static override summary = 'Print the kubeconfig of a cluster, or add it to ~/.kube/config';
  static override description =
    "Takes the admin's from a control plane, or issues a short-lived client certificate with --user. --merge adds a context of its own to ~/.kube/config (or the first file of KUBECONFIG) and keeps everything else in it, and the former file beside it. The address is the first that answers from here; where none does, --tunnel keeps an SSH tunnel open.";
  static override examples = [
    '<%= config.bin %> kubeconfig -i hosts.ini --merge --name lab',
    '<%= config.bin %> kubeconfig -i hosts.ini --merge --tunnel',
    '<%= config.bin %> kubeconfig -i hosts.ini --user alice --group developers --ttl 8h -o alice.conf',
  ];
  static override flags = {
    ...inventory,
    ...connection,
    'login-user': Flags.string({ char: 'u', description: login.description, env: 'KUBEWRIGHT_USER', helpValue: 'USER' }),
    merge: Flags.boolean({ char: 'm', description: 'add it to ~/.kube/config, or to the file of -o' }),
    use: Flags.boolean({ description: 'make it the current context', dependsOn: ['merge'] }),
    name: Flags.string({ description: 'name of the context (default: cluster_name, or the directory of the inventory)' }),
    output: Flags.string({ char: 'o', description: 'file to write', helpValue: 'FILE' }),
    force: Flags.boolean({ description: 'replace another cluster of that name, or the file' }),
    user: Flags.string({ description: 'issue a client certificate for this user', helpValue: 'USER' }),
    group: Flags.string({
      description: 'group of that user (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpValue: 'GROUP',
    }),
    ttl: Flags.string({ description: 'how long that certificate is valid, 10m at least', default: '8h', helpValue: 'TIME' }),
    tunnel: Flags.boolean({ description: 'reach the API through an SSH tunnel, which stays open until Ctrl-C' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Kubeconfig);
    const { runKubeconfig } = await import('../app/kubeconfig/command.js');
    const options = optionsOf(flags);
    const login = { ...options.connection, user: flags['login-user'] };
    process.exitCode = await runKubeconfig({ ...options, connection: login });
  }
}
