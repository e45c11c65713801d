import type { Duplex, Readable } from 'node:stream';
import type { Warning } from '../base/errors.js';
import type { Secret } from '../shell/secret.js';

/** How one host is reached. Immutable; made from inventory variables, flags and configuration. */
export interface Target {
  /** The host's name in the inventory, which every message shows. */
  readonly name: string;
  /** Name or address to connect to. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly connection: 'ssh' | 'local';
  readonly password?: Secret;
  /** Private key file that is tried first, `~` expanded. Absent: see `identities`. */
  readonly privateKeyFile?: string;
  /** More keys, and where the agent is. Absent: the agent of SSH_AUTH_SOCK, then OpenSSH's default key files. */
  readonly identities?: Identities;
  readonly become: Become;
  readonly hostKeys: HostKeyPolicy;
  /** Milliseconds until the connection must be authenticated; time spent waiting for a passphrase does not count. */
  readonly timeoutMs: number;
  /** Jump hosts on the way, nearest first. */
  readonly jumps?: readonly Target[];
  /** A command line for the shell whose stdin and stdout are the connection. Not together with `jumps`. */
  readonly proxyCommand?: string;
  /** A dead connection is noticed after `intervalMs` × `count`. Default 5 s × 3. */
  readonly keepalive?: { readonly intervalMs: number; readonly count: number };
  readonly addressFamily?: 4 | 6;
  readonly bindAddress?: string;
  /** Authentication methods in the order they are tried; absent: publickey, password, keyboard-interactive. */
  readonly methods?: readonly AuthMethod[];
  /** Algorithms that may be negotiated; absent: ssh2's defaults. */
  readonly algorithms?: Algorithms;
  /** Options of the configuration that are ignored although they matter. */
  readonly warnings?: readonly Warning[];
}

export type AuthMethod = 'publickey' | 'password' | 'keyboard-interactive';

/** Names of algorithms that ssh2 supports, preferred first. An absent list: the default. */
export interface Algorithms {
  readonly cipher?: readonly string[];
  readonly kex?: readonly string[];
  readonly mac?: readonly string[];
  readonly hostKey?: readonly string[];
  /** The order of `hostKey` is kept; false: key types that are known for the host come first. */
  readonly hostKeyOrder: boolean;
  /** Signature algorithms allowed for login keys. */
  readonly publicKey?: readonly string[];
  /** The user's text, by the option's name in ssh_config. */
  readonly written: Readonly<Record<string, string>>;
}

interface Identities {
  /** Private key files after `privateKeyFile`, `~` and tokens filled in. Empty and no `privateKeyFile`: OpenSSH's defaults. */
  readonly files: readonly string[];
  /** Certificates of those keys; KEY-cert.pub beside a key is found by itself. */
  readonly certificates: readonly string[];
  /** Only the agent's keys that are named here are used. */
  readonly only: boolean;
  /** Socket of the agent, or `none`; absent: SSH_AUTH_SOCK. */
  readonly agent?: string;
}

interface Become {
  readonly enabled: boolean;
  /** Default root. */
  readonly user: string;
  readonly method: BecomeMethod;
  /** The program, or a command line for the shell; default: the method's name. */
  readonly exe?: string;
  /** Its arguments, in the shell's words; default: what the method needs. */
  readonly flags?: string;
  readonly password?: Secret;
}

export type BecomeMethod = 'sudo' | 'doas' | 'su';

export interface HostKeyPolicy {
  /** strict: an unknown key is refused; accept-new: it is stored; off: any key is accepted, with a warning. */
  readonly mode: 'strict' | 'accept-new' | 'off';
  /** Read in this order; accept-new writes to the first. `~` expanded. */
  readonly files: readonly string[];
  /** Read after those, never written. */
  readonly globalFiles?: readonly string[];
  /** The name under which the host's key is looked up and stored, instead of its address. */
  readonly alias?: string;
  /** Store names as hashes, as HashKnownHosts does. */
  readonly hash?: boolean;
}

/** How a remote command ended. `lost`: the connection died, and the fate of the command is unknown. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** `mayStillRun`: aborted with `killOnAbort`, but not killed; the reason. */
  | { readonly kind: 'lost'; readonly cause: Error; readonly mayStillRun?: string };

export interface ExecOptions {
  /** Run through the target's become method. Default false. */
  readonly become?: boolean;
  /** Sent to the command's stdin, which is then closed. */
  readonly stdin?: string | Buffer | Readable;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Called after each piece of output: nothing more is read until the promise resolves. */
  readonly hold?: () => Promise<void> | undefined;
  /** Aborting sends SIGTERM to the login user's processes and closes the channel; the result is `lost`. */
  readonly signal?: AbortSignal;
  /** Called when the host has been given the command: a channel is open, and another user's command begins. */
  readonly onReady?: () => void;
  /** Aborting also kills what runs as another user. For that it becomes that user again, which may take seconds. */
  readonly killOnAbort?: boolean;
}

/** One open connection to one host. Many commands may run over it at once. */
export interface Session {
  readonly target: Target;
  /** The verified host key in wire format; undefined for this machine itself. */
  readonly hostKey?: Buffer;
  /** The public key or certificate that logged in, in wire format; undefined: a password did, or nothing had to. */
  readonly loginKey?: Buffer;
  /**
   * Runs a short command line, which the host's process list shows: never a secret, never a long program.
   * Send programs over stdin: `runShell`. It waits for the command as long as that takes: `runCommand` does not wait for a login
   * shell that never begins. Never rejects.
   */
  exec(command: string, options?: ExecOptions): Promise<Exit>;
  /** A connection that this host makes to another, or to itself. @throws the host's error */
  forward?(address: string, port: number): Promise<Duplex>;
  close(): Promise<void>;
}

export interface Transport {
  /** @throws TransportError */
  connect(target: Target, signal?: AbortSignal): Promise<Session>;
}
