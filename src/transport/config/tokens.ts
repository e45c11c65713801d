import { InputError } from '../../base/errors.js';
import type { Where } from '../../base/place.js';
import { expandHome } from '../paths.js';

/** Values of `%` and a letter, by the letter. */
export type Tokens = Readonly<Record<string, string>>;

/** Expands `%h` and the like, `${VARIABLE}` and a leading `~`. @throws InputError for an unknown one. */
export function expandTokens(text: string, tokens: Tokens, where?: Where): string {
  const unknown = (what: string): InputError =>
    new InputError({
      what: `${what} in ${text} is not known`,
      where,
      fix: 'Correct it; ssh_config(5) lists them under TOKENS',
    });
  const filled = text.replaceAll(/\$\{(\w+)\}|%(.?)/g, (all, variable: string | undefined, letter: string) => {
    const value = variable === undefined ? tokens[letter] : process.env[variable];
    if (value === undefined) throw unknown(all);
    return value;
  });
  return expandHome(filled);
}
