import { Flags } from '@oclif/core';

/** The box of machines that Vagrant makes. */
export const boxFlag = {
  box: Flags.string({
    description: 'box for Vagrant: debian12, debian13, ubuntu2204, ubuntu2404, rocky9, alma9, publisher/name, a .box file or URL',
    env: 'KUBEWRIGHT_BOX',
    helpValue: 'BOX',
  }),
};
