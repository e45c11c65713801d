import { Command, Flags } from '@oclif/core';

export default class BundleBuild extends Command {
  static override summary =
    'Build an offline bundle: Kubernetes with Calico and CoreDNS from Go modules, or 1.20.2 from Debian packages';
  static override description =
    'Needs root on Debian 12 and a Debian mirror; from Go modules also Go 1.26 or newer, gcc and a Go module proxy. An interrupted build carries on where it stopped; a finished one is kept.';
  static override examples = [
    '<%= config.bin %> bundle build',
    '<%= config.bin %> bundle build --kube-version 1.36 -o /srv/bundle',
    '<%= config.bin %> bundle build --from debian',
  ];
  static override flags = {
    'kube-version': Flags.string({
      description:
        'Kubernetes version; 1.36 means its newest patch that can be built  [default: 1.36.3; from Debian packages 1.20.2]',
      helpValue: 'VERSION',
    }),
    from: Flags.option({
      options: ['auto', 'go', 'debian'] as const,
      description: 'what to build from; auto takes Go modules where Go and a module proxy are there, else Debian packages',
      default: 'auto' as const,
    })(),
    output: Flags.string({
      char: 'o',
      description: 'directory of the bundle  [default: its place in the cache]',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BundleBuild);
    const { bundleBuild } = await import('../../app/lab/bundle.js');
    process.exitCode = await bundleBuild({ from: flags.from, kubeVersion: flags['kube-version'], output: flags.output });
  }
}
