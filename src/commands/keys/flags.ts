import { Flags } from '@oclif/core';

/** Whose keys, and how the machines are reached the first time. */
export const accountFlags = {
  user: Flags.string({
    char: 'u',
    env: 'KUBEWRIGHT_USER',
    description:
      'account whose keys are meant; also connect as this user where the inventory names none (where it names another one, that one becomes root and works for this account)',
  }),
  for: Flags.string({ description: 'account whose keys are meant, whoever connects', helpValue: 'USER' }),
  'ask-pass-each': Flags.boolean({
    description: 'ask for the SSH password of each machine that has none in the inventory',
    exclusive: ['ask-pass'],
  }),
};

export const hubFlag = {
  hub: Flags.string({
    description: 'only the machines that match this pattern get access to the others (repeatable; default: all to all)',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpValue: 'PATTERN',
  }),
};
