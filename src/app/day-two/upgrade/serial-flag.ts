import { InputError } from '../../../base/errors.js';

/** `--serial` as given. @throws InputError for anything but a number of hosts from 1, or 1% to 100%. */
export async function serialOf(text: string): Promise<string> {
  const [, number, percent] = /^([0-9]{1,5})(%?)$/.exec(text) ?? [];
  if (number !== undefined && Number(number) > 0 && (percent === '' || Number(number) <= 100)) return text;
  throw new InputError({
    what: `${text} is not a number of workers`,
    where: '--serial',
    fix: 'Write a number such as 2, or a part of the workers such as 20%',
  });
}
