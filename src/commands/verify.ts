import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Verify extends Command {
  static override summary = 'Test whether a cluster works: API, etcd, nodes, pod network, Services, DNS, policies';
  static override description =
    'Works on any cluster whose hosts are in the inventory, also one made otherwise. Starts a sleeping pod on each node (the pause image that the node has), lets pods talk to each other out of their network namespaces with socat, and removes everything again, also after Ctrl-C or a lost connection. Exit code 1 if a check failed, 3 if all passed but a host could not be reached, 130 if interrupted.';
  static override examples = ['<%= config.bin %> verify -i hosts.ini', '<%= config.bin %> verify -i hosts.ini --network --json'];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    network: Flags.boolean({ description: 'show only the checks of the pod network' }),
    json: Flags.boolean({ description: 'print the result as a single JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Verify);
    const { runVerify } = await import('../app/verify/verify.js');
    process.exitCode = await runVerify(optionsOf(flags));
  }
}
