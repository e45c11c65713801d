import { randomBytes } from 'node:crypto';
import { TransportError } from '../../transport/errors.js';
import { withRetry } from '../../transport/limits/retry.js';
import { ask, silentHost } from '../../transport/session/ask.js';
import { runCommand } from '../../transport/session/run.js';
import { createTransport } from '../../transport/transport.js';
import type { Session, Target } from '../../transport/types.js';
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
        return await runsCommands(session, signal);
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return error.untried ? 'locked' : error;
    }
  };
}

/**
 * One process of the login shell in place of a program. Its output differs from the text, so a shell that repeats the text is not believed.
 * A start-up file that puts another shell in its place (`exec zsh`) runs programs only.
 */
async function runsCommands(session: Session, signal?: AbortSignal): Promise<TransportError | undefined> {
  const word = randomBytes(8).toString('hex');
  let said = '';
  const onStdout = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  await runCommand(session, `printf 'kw-%s-in\\n' ${word}`, { signal, onStdout });
  if (said.includes(`kw-${word}-in`)) return undefined;
  const answer = await ask(session, { program: [':\n'], signal });
  if (answer.kind === 'silent') return silentHost(session.target, answer);
  return answer.kind === 'lost' && answer.cause instanceof TransportError ? answer.cause : undefined;
}
