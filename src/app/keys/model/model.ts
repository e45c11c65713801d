import type { KubewrightError } from '../../../base/errors.js';
import type { Session } from '../../../transport/types.js';

/** A machine as the others see it. */
export interface KeyPeer {
  /** The inventory's name. */
  readonly name: string;
  /** Account whose ~/.ssh is meant. */
  readonly account: string;
  /** Names under which known_hosts shall have it, with brackets where the port is not 22. */
  readonly names: readonly string[];
  /** How the other machines call it. */
  readonly called: { readonly address: string; readonly port: number };
}

/** One machine whose keys are meant. */
export interface KeyHost extends KeyPeer {
  readonly session: Session;
}

export type ChangeKind = 'made' | 'mode' | 'authorized' | 'known' | 'unauthorized' | 'unknown' | 'replaced';

/** Something that was changed on a machine, or would be. */
export interface Change {
  readonly kind: ChangeKind;
  /** Path on the machine. */
  readonly file: string;
  /** Keys, or host keys. */
  readonly count: number;
  /** Whose they are: inventory names; `-` is the operator. For `mode`: the old and the new one; for `made`: the type. */
  readonly names: readonly string[];
}

export interface KeyResult {
  readonly host: string;
  /** Empty: everything was as it should be. */
  readonly changes: readonly Change[];
  /** What is worth knowing, and no failure. */
  readonly notes: readonly string[];
  /** Why it could not be done; the other machines are finished all the same. */
  readonly error?: KubewrightError;
}

/** What kind of key pair is made where there is none. */
export interface KeyKind {
  readonly type: 'ed25519' | 'ecdsa' | 'rsa';
  readonly bits?: number;
}

/** How many machines are worked on at once: each gets a program with every key, and those lie in memory until sent. */
export const AT_ONCE = 24;
