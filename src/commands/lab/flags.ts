import { Flags } from '@oclif/core';

/** Which lab; default: the one that exists. */
export const providerFlag = {
  provider: Flags.option({
    options: ['nspawn', 'vagrant'] as const,
    description: 'what runs the machines: systemd-nspawn on this box (default for root on Linux) or Vagrant',
    env: 'KUBEWRIGHT_LAB_PROVIDER',
  })(),
};

/** The base box of machines that Vagrant makes. */
export const boxFlag = {
  box: Flags.string({
    description: 'box for Vagrant: debian12, debian13, ubuntu2204, ubuntu2404, rocky9, alma9, publisher/name, a .box file or URL',
    env: 'KUBEWRIGHT_BOX',
    helpValue: 'BOX',
  }),
};
