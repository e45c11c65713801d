import type { KubewrightError } from '../../../base/errors.js';
import type { Session } from '../../../transport/types.js';

/** A host as the others see it. */
export interface KeyPeer {
  /** The inventory's name. */
  readonly name: string;
  /** Account whose ~/.ssh is used. */
  readonly account: string;
  /** Its names in known_hosts, with brackets if the port is not 22. */
  readonly names: readonly string[];
  /** How the other hosts reach it. */
  readonly called: { readonly address: string; readonly port: number };
}

/** A host whose keys are managed. */
export interface KeyHost extends KeyPeer {
  readonly session: Session;
  /** Ends the wait for programs that have not begun. */
  readonly unbegun?: AbortSignal;
}

export type ChangeKind = 'made' | 'mode' | 'authorized' | 'known' | 'unauthorized' | 'unknown' | 'replaced';

/** A change on a host, made or planned. */
export interface Change {
  readonly kind: ChangeKind;
  /** Path on the host. */
  readonly file: string;
  /** Keys, or host keys. */
  readonly count: number;
  /** Their owners: inventory names; `-` is the operator. For `mode`: the old and the new one; for `made`: the type. */
  readonly names: readonly string[];
}

export interface KeyResult {
  readonly host: string;
  /** Empty: nothing had to be changed. */
  readonly changes: readonly Change[];
  /** Notes that are not failures. */
  readonly notes: readonly string[];
  /** Why it failed; the other hosts are finished anyway. */
  readonly error?: KubewrightError;
}

/** The kind of key pair to make where one is missing. */
export interface KeyKind {
  readonly type: 'ed25519' | 'ecdsa' | 'rsa';
  readonly bits?: number;
}

/** How many hosts are handled at once: each gets a program with every key, which stays in memory until sent. */
export const AT_ONCE = 24;
