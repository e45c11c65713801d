export interface FleetOptions {
  /** How many machines. */
  readonly count: number;
  /** Beginning of their names; default `n`. */
  readonly prefix?: string;
  /** Password of the account; default: a random one. */
  readonly password?: string;
  /** Whether the operator's key (`keyFile`) lets in already; default true. */
  readonly authorize?: boolean;
  /** `ed25519`, `ecdsa`, `rsa`; default only the first. */
  readonly hostKeyTypes?: readonly string[];
  /** Lines of sshd_config; they win over the fleet's own. */
  readonly settings?: readonly string[];
  /** What the account may do with sudo, where the box has it: all without a password (default), with its password, nothing. */
  readonly sudo?: 'free' | 'password' | 'none';
  /** Default: a free one, the same for all. */
  readonly port?: number;
  /** Shell commands that run as root in each machine's namespaces before its sshd starts. */
  readonly setup?: string;
}

export interface FleetHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private key that lets in, unless `authorize` is false. */
  readonly keyFile: string;
  /** What the machine has as its own: `ssh` (/etc/ssh), `home`, `root`. */
  readonly dir: string;
  /** The account's home, as seen from the box. */
  readonly home: string;
}

export interface Fleet {
  readonly dir: string;
  readonly hosts: readonly FleetHost[];
  /** INI inventory; it names the key and the known_hosts file. */
  readonly inventoryPath: string;
  /** A known_hosts file with all the machines' host keys. */
  readonly knownHosts: string;
  readonly keyFile: string;
  readonly password: string;
  stop(): Promise<void>;
  /** Ends every process of a machine at once, as if the plug were pulled. */
  kill(name: string): Promise<void>;
  /** Starts a machine again after `kill`. */
  start(name: string): Promise<void>;
  /** Runs a command line as root inside of a machine, not over SSH. */
  run(name: string, command: string, input?: string): { readonly code: number; readonly stdout: string; readonly stderr: string };
  /** TCP connections that all sshd have seen since the fleet was started, from their logs. */
  connections(): number;
  /** Successful logins, likewise. */
  logins(): number;
  /** The first process of each machine, as the box numbers them. */
  pids(): number[];
  log(name: string): string;
}

/** Why no fleet can be started here; undefined: one can. */
export function missingForFleet(): string | undefined;
export function startFleet(options: FleetOptions): Promise<Fleet>;
