import { Args, Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Trace extends Command {
  static override summary =
    'Show how a pod really runs: from the API server to its processes, namespaces, cgroups, layers and network';
  static override description =
    'Looks at a control plane and at the node of the pod, and changes nothing there. Environments and arguments of processes are not read. --watch, begun before kubectl run, tells how the pod is born.';
  static override examples = [
    '<%= config.bin %> trace web -i hosts.ini',
    '<%= config.bin %> trace web -n shop -i hosts.ini --html web.html',
    '<%= config.bin %> trace web -i hosts.ini --watch',
  ];
  static override args = { pod: Args.string({ description: 'name of the pod', required: true }) };
  static override flags = {
    ...clusterFlags,
    ...connectionFlags,
    namespace: Flags.string({ char: 'n', description: 'namespace of the pod', default: 'default', helpValue: 'NAMESPACE' }),
    json: Flags.boolean({ description: 'print JSON' }),
    html: Flags.string({ description: 'also write one HTML file, with a drawing', helpValue: 'FILE' }),
    watch: Flags.boolean({ description: 'wait for the pod, and show what happens until it is Ready' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Trace);
    const { trace } = await import('../app/day-two/trace/trace.js');
    process.exitCode = await trace({ ...optionsOf(flags), pod: args.pod });
  }
}
