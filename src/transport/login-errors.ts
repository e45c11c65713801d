import { TransportError, targetName } from './errors.js';
import type { Target } from './types.js';

/** What became of a login: for the message. */
export interface LoginReport {
  readonly tried: readonly string[];
  /** Factors that were right, where the server wants several. */
  readonly accepted: readonly string[];
  readonly offered: readonly string[];
  readonly skipped: readonly string[];
  /** What the server asked by keyboard-interactive. */
  readonly questions: readonly string[];
}

export function refusedLogin(target: Target, report: LoginReport, cause: Error): TransportError {
  const { tried, accepted, offered, skipped, questions } = report;
  const half = accepted.length > 0;
  const list = (heading: string, items: readonly string[], by = ', '): string[] =>
    items.length > 0 ? [`${heading}: ${items.join(by)}`] : [];
  const said = [
    ...list('Accepted', accepted),
    ...(half ? list('Still wanted', offered) : []),
    ...(tried.length > 0 ? list('Tried', tried) : ['There was nothing to try: no usable key, no agent, no password']),
    ...(half ? [] : list('The server offers', offered)),
    ...list('It asked', questions),
    ...list('Not used', skipped, '; '),
  ];
  const tooMany = /too many authentication failures/i.test(cause.message);
  return new TransportError(
    'auth',
    {
      what: tooMany
        ? `Too many authentication failures: the machine hung up before ${target.user} could log in`
        : half
          ? `The machine wants a further factor before it lets ${target.user} in`
          : `The machine does not let ${target.user} in`,
      where: targetName(target),
      why: said.join('\n'),
      fix: tooMany ? TODO_MANY : half ? furtherFactor(target, report) : TODO_LOGIN,
      cause,
    },
    offered,
  );
}

const TODO_LOGIN =
  'Correct ansible_user, ansible_password or ansible_ssh_private_key_file; --ask-pass asks for a password, `kubewright keys distribute` brings your key there';
const TODO_MANY =
  'The agent offers more keys than the server looks at (MaxAuthTries): name the right one (ansible_ssh_private_key_file or --private-key) and keep the others out with -o IdentitiesOnly=yes';

function furtherFactor(target: Target, { accepted, tried, offered }: LoginReport): string {
  const byPassword = offered.some((m) => m === 'password' || m === 'keyboard-interactive');
  if (!byPassword) return 'Give one more key (IdentityFile in ssh_config, or load it into the agent)';
  if (target.password === undefined) return 'Give the password too: --ask-pass, or ansible_password';
  if (tried.length === accepted.length)
    return 'Allow one of the wanted methods (PreferredAuthentications, KbdInteractiveAuthentication)';
  return 'The password is wrong, or something else than a password is asked for (a one-time code): that cannot be answered here';
}

/** @param asking somebody was being asked for a passphrase, or an agent for a signature. */
export function droppedLogin(target: Target, afterMs: number, asking: boolean, cause: Error): TransportError {
  return new TransportError('lost', {
    what: 'The machine closed the connection in the middle of the login',
    where: targetName(target),
    why: `It did so after ${(afterMs / 1000).toFixed(1)} s${asking ? ', while the agent or a passphrase was waited for' : ''}`,
    fix: asking
      ? 'The time that it gives for a login was over (LoginGraceTime): answer faster, load the key into an agent beforehand, or raise it there'
      : 'Look at the log of sshd there (journalctl -u ssh): is it overloaded, or is its LoginGraceTime too short?',
    cause,
  });
}
