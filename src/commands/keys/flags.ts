import { Flags } from '@oclif/core';

/** Whose keys, and how hosts are reached the first time. */
export const accountFlags = {
  user: Flags.string({
    char: 'u',
    env: 'KUBEWRIGHT_USER',
    description:
      'account whose keys are managed; also the user to log in as if the inventory names none (if it names another one, that one becomes root and works for this account)',
  }),
  for: Flags.string({ description: 'account whose keys are managed, independent of the login user', helpValue: 'USER' }),
  'ask-pass-each': Flags.boolean({
    description: 'ask for the SSH password of each host that has none in the inventory',
    exclusive: ['ask-pass'],
  }),
};

export const hubFlag = {
  hub: Flags.string({
    description:
      'give only the hosts that match this pattern access to the others (repeatable; default: every host to every other)',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: 'PATTERN',
  }),
};
