import { Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class CertsCheck extends Command {
  static override summary = 'List the certificates of all hosts with the days that are left';
  static override description =
    "kubeadm's, those in its kubeconfigs, etcd's, the kubelets', and the CAs. Changes nothing. Exit code 1 when one ends within the limit; the kubelets' client certificates, which renew themselves, within half of it.";
  static override examples = [
    '<%= config.bin %> certs check -i hosts.ini',
    '<%= config.bin %> certs check -i hosts.ini --within 90',
  ];
  static override flags = {
    ...clusterFlags,
    ...connectionFlags,
    within: Flags.integer({ description: 'the limit, in days', default: 60, min: 0, helpValue: 'DAYS' }),
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CertsCheck);
    const { certsCheck } = await import('../../app/day-two/certs/check.js');
    process.exitCode = await certsCheck(optionsOf(flags));
  }
}
