import { InterruptedError, KubewrightError, UnreachableErrors, type Warning } from '../../base/errors.js';
import { formatParts, writeWarning } from '../../base/text/render-error.js';
import type { Host } from '../../inventory/model/model.js';
import type { Secret } from '../../shell/secret.js';
import { type ConnectResult, connectAll } from '../../transport/connect-all.js';
import type { TransportError } from '../../transport/errors.js';
import { createTransport } from '../../transport/transport.js';
import type { Session, Target, Transport } from '../../transport/types.js';
import { withAnsibleConfig } from './ansible-config.js';
import { askPassphrase, readCredentials } from './credentials.js';
import type { ConnectionOptions } from './options.js';
import { flagsOf, targetFromHost } from './targets.js';

export interface Connections {
  readonly sessions: Map<string, Session>;
  readonly targets: ReadonlyMap<string, Target>;
  /** Hosts that cannot be used, and why; only with `partial`. */
  readonly failures: ReadonlyMap<string, TransportError>;
  /** A new session to a host whose connection was lost. */
  readonly reconnect: (host: string, signal?: AbortSignal) => Promise<Session>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly connection: ConnectionOptions;
  /** Also try sudo; default true. */
  readonly verifyBecome?: boolean;
  /** Tries sudo in its own way: a first command that needs sudo saves an exec. */
  readonly firstExec?: (session: Session, signal?: AbortSignal) => Promise<Error | undefined>;
  /** Continue with the hosts that can be reached instead of throwing; default false. */
  readonly partial?: boolean;
  /** Looks up jump hosts in the inventory; default: among `hosts`. */
  readonly lookup?: (name: string) => Host | undefined;
  /** Receives warnings; default: print each once on stderr. */
  readonly onWarning?: (warning: Warning) => void;
  /** SSH passwords by host; passwords in the inventory take precedence. */
  readonly passwords?: ReadonlyMap<string, Secret>;
  readonly onConnecting?: (host: string) => void;
  readonly onConnected?: (host: string, ms: number, session: Session) => void;
  readonly onFailed?: (host: string) => void;
  /** Lets the view leave the terminal alone while a passphrase is asked for. */
  readonly whileAsking?: <T>(ask: () => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal;
}

/**
 * Opens one connection to each host, for the whole run.
 *
 * @throws InterruptedError when `signal` is aborted meanwhile (unless `partial`).
 * @throws UnreachableErrors naming every host that cannot be reached or refuses the login (unless `partial`); nothing was
 *   changed.
 */
export async function openConnections(hosts: readonly Host[], o: OpenOptions): Promise<Connections> {
  const connection = withAnsibleConfig(o.connection);
  const { password, becomePassword } = await readCredentials(o.connection);
  const lookup = o.lookup ?? ((name: string) => hosts.find((h) => h.name === name));
  const warn = once(o.onWarning ?? writeWarning);
  const targets = new Map(
    hosts.map((h) => [
      h.name,
      targetFromHost(h, {
        ...flagsOf(connection),
        lookup,
        password: o.passwords?.get(h.name) ?? password,
        becomePassword,
      }),
    ]),
  );
  for (const t of targets.values()) for (const warning of targetWarnings(t)) warn(warning);
  const transport: Transport = createTransport({
    warn: (text) => warn({ what: text }),
    askPassphrase: (path, again) =>
      o.whileAsking ? o.whileAsking(() => askPassphrase(path, again)) : askPassphrase(path, again),
  });
  const { sessions, failures }: ConnectResult = await connectAll([...targets.values()], transport, {
    forks: Math.min(connection.forks ?? 20, 20),
    onConnected: (host, ms, session) => o.onConnected?.(host, ms, session),
    onConnecting: o.onConnecting,
    onFailed: (host) => o.onFailed?.(host),
    verifyBecome: o.verifyBecome ?? true,
    firstExec: o.firstExec,
    signal: o.signal,
  });
  const close = async (): Promise<void> => {
    await Promise.all([...sessions.values()].map((s) => s.close()));
  };
  if (o.signal?.aborted && !o.partial) {
    await close();
    throw new InterruptedError({ what: 'Interrupted while connecting; nothing was changed' });
  }
  if (failures.size > 0 && !o.partial) {
    await close();
    throw new UnreachableErrors(
      hosts.flatMap(({ name }) => {
        const failure = failures.get(name);
        return failure ? [{ host: name, parts: failure.parts }] : [];
      }),
      targets.size,
    );
  }
  return {
    sessions,
    targets,
    failures,
    close,
    reconnect: async (host, signal) => {
      const target = targets.get(host);
      if (!target) throw new KubewrightError({ what: `There is no host ${host}` });
      // Even after Ctrl-C: tasks that run on the host must be followed or stopped. The engine decides when to give up.
      return transport.connect(target, signal);
    },
  };
}

/** Warnings about the connection to a host, including its jump hosts. */
function targetWarnings(target: Target): Warning[] {
  const off = target.hostKeys.mode === 'off' && target.connection === 'ssh';
  return [
    ...(target.warnings ?? []),
    ...(off ? [{ what: 'Host keys are not verified (off): any server that answers is trusted and receives the passwords' }] : []),
    ...(target.jumps ?? []).flatMap(targetWarnings),
  ];
}

/** 200 hosts with the same group variables give one warning, not 200. */
function once(tell: (warning: Warning) => void): (warning: Warning) => void {
  const told = new Set<string>();
  return (warning) => {
    const text = formatParts(warning);
    if (told.has(text)) return;
    told.add(text);
    tell(warning);
  };
}
