import { TransportError } from '../../transport/errors.js';
import { withRetry } from '../../transport/limits/retry.js';
import { ask, silentHost } from '../../transport/session/ask.js';
import { createTransport } from '../../transport/transport.js';
import type { Target } from '../../transport/types.js';
import type { OwnLogin } from './actions/prove.js';

/** @param files the operator's private keys; empty: those of the agent. */
export function ownLogin(targets: ReadonlyMap<string, Target>, files: readonly string[], signal?: AbortSignal): OwnLogin {
  // No passphrase is asked for: a host can try its key instead.
  const transport = createTransport();
  return async (host) => {
    const base = targets.get(host.name);
    if (base?.connection !== 'ssh') return 'locked';
    const target: Target = {
      ...base,
      user: host.account,
      password: undefined,
      privateKeyFile: undefined,
      methods: ['publickey'],
      identities: { certificates: [], ...base.identities, files, only: files.length > 0 },
      become: { ...base.become, enabled: false },
    };
    try {
      const session = await withRetry(target, () => transport.connect(target, signal), signal);
      try {
        const answer = await ask(session, { program: [':\n'], signal });
        if (answer.kind === 'silent') return silentHost(target, answer);
        return answer.kind === 'lost' && answer.cause instanceof TransportError ? answer.cause : undefined;
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return error.untried ? 'locked' : error;
    }
  };
}
