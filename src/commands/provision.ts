import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags, outputFlags } from './flags.js';

export default class Provision extends Command {
  static override summary = 'Turn the machines of an inventory into a Kubernetes cluster';
  static override description =
    'Runs the playbook over SSH. Running it again changes only what differs, so that is the way to resume, to repair and to apply changed settings.';
  static override examples = [
    '<%= config.bin %> provision -i inventories/sample/hosts.ini',
    '<%= config.bin %> provision -i hosts.ini --check --diff',
    '<%= config.bin %> provision -i hosts.ini -e kube_version=1.34.11 --ask-pass',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...outputFlags,
    playbook: Flags.string({ description: 'another playbook than the built-in cluster.yml', helpValue: 'FILE' }),
    bundle: Flags.string({
      description: 'offline bundle (folder or tar) to install from',
      helpValue: 'PATH',
      env: 'KUBEWRIGHT_BUNDLE',
    }),
    tags: Flags.string({
      char: 't',
      description: 'only plays with one of these tags',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    'skip-tags': Flags.string({
      description: 'leave out plays with one of these tags',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    check: Flags.boolean({ char: 'C', description: 'change nothing, say what would change' }),
    diff: Flags.boolean({ char: 'D', description: 'show what changes, file by file' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Provision);
    const { provision } = await import('../app/provision.js');
    process.exitCode = await provision({
      inventory: flags.inventory ?? [],
      extraVars: flags['extra-vars'],
      limit: flags.limit,
      connection: flags,
      verbosity: flags.verbose,
      view: flags.json ? 'json' : flags.plain ? 'plain' : 'auto',
      playbook: flags.playbook,
      bundle: flags.bundle,
      tags: flags.tags ?? [],
      skipTags: flags['skip-tags'] ?? [],
      check: flags.check,
      diff: flags.diff,
    });
  }
}
