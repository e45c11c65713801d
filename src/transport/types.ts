import type { Readable } from 'node:stream';
import type { Secret } from '../shell/secret.js';

/** How one machine is reached. Immutable; made from inventory variables, flags and configuration. */
export interface Target {
  /** The inventory's name of the host: what every message shows. */
  readonly name: string;
  /** Name or address to connect to. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly connection: 'ssh' | 'local';
  readonly password?: Secret;
  /** Private key file that is tried first, `~` expanded. Absent: what `identities` says. */
  readonly privateKeyFile?: string;
  /** Further keys, and where an agent is. Absent: the agent of SSH_AUTH_SOCK, then OpenSSH's default key files. */
  readonly identities?: Identities;
  readonly become: Become;
  readonly hostKeys: HostKeyPolicy;
  /** Milliseconds until the connection must be authenticated; time that somebody needs to type a passphrase is not counted. */
  readonly timeoutMs: number;
  /** Jump hosts on the way, the nearest one first. */
  readonly jumps?: readonly Target[];
  /** A command line for the shell whose stdin and stdout are the connection. Not together with `jumps`. */
  readonly proxyCommand?: string;
  /** How a dead connection is noticed: after `intervalMs` × `count`. Default 5 s × 3. */
  readonly keepalive?: { readonly intervalMs: number; readonly count: number };
  readonly addressFamily?: 4 | 6;
  readonly bindAddress?: string;
  /** Ways to authenticate in the order in which they are tried; absent: publickey, keyboard-interactive, password. */
  readonly methods?: readonly AuthMethod[];
  /** What may be negotiated; absent: what ssh2 does by itself. */
  readonly algorithms?: Algorithms;
  /** What was left out of the configuration and would have mattered. */
  readonly warnings?: readonly string[];
}

export type AuthMethod = 'publickey' | 'password' | 'keyboard-interactive';

/** Names of algorithms, the preferred ones first, all of them such as ssh2 has. An absent list: the default. */
export interface Algorithms {
  readonly cipher?: readonly string[];
  readonly kex?: readonly string[];
  readonly mac?: readonly string[];
  readonly hostKey?: readonly string[];
  /** The order of `hostKey` is meant; false: types of keys that are known for the machine come first. */
  readonly hostKeyOrder: boolean;
  /** Signature algorithms of keys that we may log in with. */
  readonly publicKey?: readonly string[];
  /** What the user wrote, by the option's name in ssh_config. */
  readonly said: Readonly<Record<string, string>>;
}

export interface Identities {
  /** Private key files after `privateKeyFile`, `~` and tokens filled in. Empty and no `privateKeyFile`: OpenSSH's defaults. */
  readonly files: readonly string[];
  /** Certificates of those keys; KEY-cert.pub beside a key is found without being named. */
  readonly certificates: readonly string[];
  /** The agent may only use keys that are named here. */
  readonly only: boolean;
  /** Socket of the agent, or `none`; absent: SSH_AUTH_SOCK. */
  readonly agent?: string;
}

export interface Become {
  readonly enabled: boolean;
  /** Default root. */
  readonly user: string;
  readonly method: BecomeMethod;
  readonly password?: Secret;
}

export type BecomeMethod = 'sudo' | 'doas' | 'su';

export interface HostKeyPolicy {
  /** strict: an unknown key is refused; accept-new: it is stored; off: anything goes, with a warning. */
  readonly mode: 'strict' | 'accept-new' | 'off';
  /** Read in this order; accept-new writes to the first. `~` expanded. */
  readonly files: readonly string[];
  /** Read after those, never written. */
  readonly globalFiles?: readonly string[];
  /** The name under which the machine's key is looked up and stored, in place of its address. */
  readonly alias?: string;
  /** Store names as hashes, as HashKnownHosts does. */
  readonly hash?: boolean;
}

/** How a remote command ended. `lost`: the connection died, and nobody knows what became of the command. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** `mayStillRun`: called off with `killOnAbort`, but it may still run, and why it could not be ended. */
  | { readonly kind: 'lost'; readonly cause: Error; readonly mayStillRun?: string };

export interface ExecOptions {
  /** Run through the target's become method. Default false. */
  readonly become?: boolean;
  /** What the command reads; its stdin is closed after that. */
  readonly stdin?: string | Buffer | Readable;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Asked after each piece of output: nothing more is read until it resolves. */
  readonly hold?: () => Promise<void> | undefined;
  /** Aborting sends SIGTERM to what is our own on the machine and closes the channel; the result is `lost`. */
  readonly signal?: AbortSignal;
  /** Aborting also ends what runs as another user. That takes the way to become that user once more, and may take some seconds. */
  readonly killOnAbort?: boolean;
}

/** One open connection to one machine. Many commands may run at once over it. */
export interface Session {
  readonly target: Target;
  /** The host key that the machine showed and that was verified, in wire format; undefined for this machine itself. */
  readonly hostKey?: Buffer;
  /**
   * Runs a short command line (it is visible in the machine's process list: never a secret, never a long program).
   * Programs go over stdin: `exec('sh', { stdin: program })`. Never rejects.
   */
  exec(command: string, options?: ExecOptions): Promise<Exit>;
  close(): Promise<void>;
}

export interface Transport {
  /** @throws UnreachableError (as a typed TransportError) with what to do. */
  connect(target: Target, signal?: AbortSignal): Promise<Session>;
}
