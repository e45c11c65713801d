import { InputError } from '../../base/errors.js';
import { expandHome } from '../paths.js';

/** What `%` and a letter stand for. */
export type Tokens = Readonly<Record<string, string>>;

/** A path or command with `%h` and the like, `${VARIABLE}` and a leading `~` filled in. @throws InputError for one that nobody knows. */
export function expandTokens(text: string, tokens: Tokens, where?: string): string {
  const unknown = (what: string): InputError =>
    new InputError({
      what: `${what} in ${text} means nothing here`,
      where,
      fix: 'Correct it; ssh_config(5), TOKENS, names what there is',
    });
  const filled = text.replaceAll(/\$\{(\w+)\}|%(.?)/g, (all, variable: string | undefined, letter: string) => {
    const value = variable === undefined ? tokens[letter] : process.env[variable];
    if (value === undefined) throw unknown(all);
    return value;
  });
  return expandHome(filled);
}
