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
  /** Private key file, `~` expanded. Absent: the agent, then OpenSSH's default key files. */
  readonly privateKeyFile?: string;
  readonly become: Become;
  readonly hostKeys: HostKeyPolicy;
  /** Milliseconds until the connection must be authenticated. */
  readonly timeoutMs: number;
}

export interface Become {
  readonly enabled: boolean;
  /** Default root. */
  readonly user: string;
  readonly method: 'sudo';
  readonly password?: Secret;
}

export interface HostKeyPolicy {
  /** strict: an unknown key is refused; accept-new: it is stored; off: anything goes, with a warning. */
  readonly mode: 'strict' | 'accept-new' | 'off';
  /** Read in this order; accept-new writes to the first. `~` expanded. */
  readonly files: readonly string[];
}

/** How a remote command ended. `lost`: the connection died, and nobody knows what became of the command. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'lost'; readonly cause: Error };

export interface ExecOptions {
  /** Run through the target's become method. Default false. */
  readonly become?: boolean;
  /** What the command reads; its stdin is closed after that. */
  readonly stdin?: string | Buffer | Readable;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Aborting closes the channel; the result is `lost`. */
  readonly signal?: AbortSignal;
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
