import { Command } from '@oclif/core';
import { operationFlags } from '../flags.js';
import { operationOptions } from '../options.js';

export default class CertsRenew extends Command {
  static override summary = 'Renew the certificates of all hosts, without downtime';
  static override description =
    "kubeadm's and those in its kubeconfigs, etcd's, and the kubelets' server certificates; the CAs stay. Controller managers and schedulers are restarted, one control plane after the other. If it is cut off, run the same command again.";
  static override examples = ['<%= config.bin %> certs renew -i hosts.ini', '<%= config.bin %> certs renew -i hosts.ini --check'];
  static override flags = operationFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(CertsRenew);
    const { certsRenewCommand } = await import('../../app/day-two/certs/renew.js');
    process.exitCode = await certsRenewCommand(operationOptions(flags));
  }
}
