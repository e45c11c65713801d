import { escapeLine } from '../base/escape.js';
import { TransportError, targetName } from './errors.js';
import type { Target } from './types.js';

/** The course of a login. */
export interface LoginReport {
  readonly tried: readonly string[];
  /** Factors that were accepted, where the server wants several. */
  readonly accepted: readonly string[];
  readonly offered: readonly string[];
  readonly skipped: readonly string[];
  /** Prompts of keyboard-interactive. */
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
        ? `Too many authentication failures: the host hung up before ${target.user} could log in`
        : half
          ? `The host wants another factor before ${target.user} may log in`
          : `The host refuses the login of ${target.user}`,
      where: targetName(target),
      why: said.join('\n'),
      fix: tooMany ? FIX_MANY : half ? furtherFactor(target, report) : FIX_LOGIN,
      cause,
    },
    offered,
    tried.length === 0,
  );
}

const FIX_LOGIN =
  'Correct ansible_user, ansible_password or ansible_ssh_private_key_file; --ask-pass asks for a password, `kubewright keys distribute` installs your key';
const FIX_MANY =
  'Name the right key (ansible_ssh_private_key_file or --private-key) and keep the others out with -o IdentitiesOnly=yes: the agent offers more keys than the server tries (MaxAuthTries)';

function furtherFactor(target: Target, { accepted, tried, offered }: LoginReport): string {
  const byPassword = offered.some((m) => m === 'password' || m === 'keyboard-interactive');
  if (!byPassword) return 'Add another key (IdentityFile in ssh_config, or load it into the agent)';
  if (target.password === undefined) return 'Give the password too: --ask-pass, or ansible_password';
  if (tried.length === accepted.length)
    return 'Allow one of the wanted methods (PreferredAuthentications, KbdInteractiveAuthentication)';
  return 'Correct the password. If the host asks for something else (a one-time code), use another method: that cannot be answered here';
}

/** @param asking the user was being asked for a passphrase, or an agent for a signature. */
export function droppedLogin(target: Target, afterMs: number, asking: boolean, cause: Error): TransportError {
  return new TransportError('lost', {
    what: 'The host closed the connection during the login',
    where: targetName(target),
    why: `It did so after ${(afterMs / 1000).toFixed(1)} s${asking ? ', while waiting for the agent or a passphrase' : ''}`,
    fix: asking
      ? 'Answer faster, load the key into an agent first, or raise LoginGraceTime there: the time for a login was over'
      : 'Read the log of sshd there (journalctl -u ssh): it may be overloaded, or its LoginGraceTime too short',
    cause,
  });
}

/** The end of an output, for a message: the last three lines that are not empty, printable and not too long. */
export function lastLines(text: string): string {
  const lines = text
    .replaceAll('\r', '')
    .split('\n')
    .map((l) => escapeLine(l).trim().slice(0, 300))
    .filter((l) => l !== '');
  return lines.slice(-3).join('\n');
}

/** @param how what it did instead: `It ended with status 0`. @param said its last words. */
export function silentLoginShell(target: Target, how: string, said: string): TransportError {
  return new TransportError('shell', {
    what: `The login shell of ${target.user} does not run what it is given`,
    where: target.name,
    why: `${how}${said === '' ? ' and said nothing' : ` and said:\n${said}`}`,
    fix: 'Look for exit, exec and what waits for input in its start-up files (.bashrc, .profile, /etc/profile), for a forced command (sshd_config, authorized_keys), and at its shell in /etc/passwd; a slow host needs more time (--connect-timeout)',
  });
}

/** sudo, doas or su was started, and neither asked nor answered. */
export function silentBecome(target: Target, afterMs: number, said: string): TransportError {
  const { method, user } = target.become;
  return new TransportError('sudo', {
    what: `${method} does not let ${target.user} become ${user} in time`,
    where: target.name,
    why: `There was no answer within ${afterMs / 1000} s${said === '' ? '' : `. It said:\n${said}`}`,
    fix: `Log in and try: ${method} ${method === 'su' ? `${user} -c id` : 'id'}. It may wait for a name server, a directory of accounts or a second factor; --connect-timeout allows more time`,
  });
}
