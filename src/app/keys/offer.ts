import { InputError, InterruptedError } from '../../base/errors.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { canAsk, Questions } from '../connect/questions.js';
import type { KeysOptions } from './hosts.js';
import { runKeysDistribute } from './keys.js';

/**
 * Offers to put the operator's key on hosts that were entered by password, as `keys distribute --no-mesh` does. Without a terminal it does nothing.
 * @param hosts their names.
 */
export async function offerKey(o: KeysOptions, hosts: readonly string[]): Promise<void> {
  if (hosts.length === 0 || !canAsk()) return;
  const questions = new Questions(process.stderr, 'Run kubewright keys distribute --ask-pass --no-mesh later');
  let yes = false;
  try {
    const text = `\n${hostsText(hosts)}: you were let in by password. Put your key there, so that later runs need none? [y/N] `;
    yes = /^y(es)?$/i.test((await questions.ask(text)).trim());
  } catch (error) {
    if (!(error instanceof InputError || error instanceof InterruptedError)) throw error;
  } finally {
    questions.close();
  }
  if (yes) await runKeysDistribute({ ...o, limit: hosts.join(','), mesh: false });
}
