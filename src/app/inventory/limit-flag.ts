import { InputError } from '../../base/errors.js';
import { isEmptyPattern } from '../../inventory/pattern/empty-pattern.js';

/** `--limit` as given. @throws InputError if it is empty: that must not mean all hosts. */
export async function limitOf(text: string): Promise<string> {
  if (!isEmptyPattern(text)) return text;
  throw new InputError({ what: 'The pattern is empty', where: '--limit', fix: 'Leave --limit out for all hosts, or name some' });
}
