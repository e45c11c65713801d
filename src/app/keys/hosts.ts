import { setMaxListeners } from 'node:events';
import { InputError, InterruptedError, type KubewrightError } from '../../base/errors.js';
import { formatLabelled } from '../../base/text/render-error.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import { ConnectInterruptedError } from '../../transport/errors.js';
import { hostName } from '../../transport/known-hosts.js';
import { ask } from '../../transport/session/ask.js';
import type { Session, Target } from '../../transport/types.js';
import type { StageView } from '../../ui/stages/stage-view.js';
import { type Connections, openConnections } from '../connect/connections.js';
import { readCredentials } from '../connect/credentials.js';
import { HostVars } from '../connect/host-vars.js';
import { interruptions } from '../connect/interrupt.js';
import type { ConnectionOptions } from '../connect/options.js';
import { type InventoryOptions, readInventory } from '../inventory/read.js';
import { askPasswords } from './ask.js';
import type { KeyHost, KeyPeer } from './model/model.js';
import type { Interrupt, Steering } from './model/turns.js';

export interface KeysOptions extends InventoryOptions {
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  /** Account whose keys are managed; default: `connection.user`, else the account that logs in. */
  readonly account?: string;
  /** Patterns of the hosts that get access to the others; empty: all. */
  readonly hub?: readonly string[];
  /** Ask for the SSH password of each host without one in the inventory. */
  readonly askPassEach?: boolean;
  /** Shows progress on stderr; default: none. */
  readonly view?: StageView;
}

export interface OpenHosts {
  readonly inventory: Inventory;
  /** Every selected host, in the inventory's order. */
  readonly all: readonly KeyPeer[];
  /** Those that could be reached. */
  readonly hosts: readonly KeyHost[];
  /** Names of the hosts that match `--hub`; undefined: all. */
  readonly hubs: ReadonlySet<string> | undefined;
  readonly failures: ReadonlyMap<string, KubewrightError>;
  readonly connections: Connections;
  readonly steering: Steering & { readonly interrupt: Interrupt };
}

/**
 * One connection to each host; unreachable ones are reported, the others continue.
 *
 * @throws InputError for a wrong inventory or flags, before a host is contacted.
 */
export async function withKeyHosts<T>(
  o: KeysOptions,
  select: (inventory: Inventory) => readonly string[],
  work: (open: OpenHosts) => Promise<T>,
): Promise<T> {
  const account = o.account ?? o.connection.user;
  if (account !== undefined && !/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(account)) {
    throw new InputError({ what: `${account} is not a valid account name`, fix: 'Correct --for or --user' });
  }
  const inventory = await readInventory(o);
  const selected = select(inventory).flatMap((n) => inventory.hosts.get(n) ?? []);
  if (selected.length === 0) throw new InputError({ what: 'No host is selected', fix: 'Correct --limit, or the inventory' });
  const hubs = hubsOf(
    inventory,
    o.hub ?? [],
    selected.map((h) => h.name),
  );
  const passwords = o.askPassEach ? await askPasswords(selected) : undefined;
  return interruptible(o.view, async (interrupt) => {
    // Passwords are asked for before the first line is drawn.
    await readCredentials(o.connection);
    const { view } = o;
    view?.stage(
      'connecting',
      selected.map((h) => h.name),
      { calledOff: true },
    );
    const connections = await openConnections(selected, {
      connection: o.connection,
      passwords,
      partial: true,
      lookup: (name) => inventory.hosts.get(name),
      verifyBecome: false,
      signal: interrupt.stop,
      onWarning: view && ((warning) => view.say(formatLabelled('warning', warning))),
      whileAsking: view && ((ask) => view.whileAsking(ask)),
      onConnecting: (host) => view?.began(host),
      onConnected: (host) => view?.done(host),
      onFailed: (host) => view?.done(host),
    });
    try {
      const peers = new Map<string, KeyPeer>();
      await Promise.all(
        selected.map(async (h) => {
          const session = connections.sessions.get(h.name);
          const target = connections.targets.get(h.name);
          if (session) peers.set(h.name, await keyHost(h, session, account, interrupt.stop));
          else if (target) peers.set(h.name, keyPeer(h, target, account));
        }),
      );
      const all = selected.flatMap((h) => peers.get(h.name) ?? []);
      const failures = interrupt.stop?.aborted ? calledOff(connections.failures) : connections.failures;
      const steering = { interrupt, progress: view };
      return await work({ inventory, all, hosts: all.filter(isReached), hubs, failures, connections, steering });
    } finally {
      await connections.close();
    }
  });
}

async function interruptible<T>(view: StageView | undefined, work: (interrupt: Interrupt) => Promise<T>): Promise<T> {
  const interrupt = interruptions((text) => (view ? view.interrupted(text) : process.stderr.write(`${text}\n`)));
  // Every host listens.
  setMaxListeners(0, interrupt.stop, interrupt.kill);
  try {
    return await work(interrupt);
  } finally {
    interrupt.done();
    view?.end();
  }
}

/** Connections that Ctrl-C prevented are interrupted; earlier failures stay. */
function calledOff(failures: ReadonlyMap<string, KubewrightError>): Map<string, KubewrightError> {
  const cut = (e: KubewrightError): KubewrightError =>
    e instanceof ConnectInterruptedError ? new InterruptedError({ what: 'interrupted', where: e.parts.where }) : e;
  return new Map([...failures].map(([name, error]) => [name, cut(error)]));
}

/** Hosts of the inventory, or those of `--limit`. */
export function selection(o: KeysOptions): (inventory: Inventory) => readonly string[] {
  return (inventory) => (o.limit === undefined ? [...inventory.hosts.keys()] : resolvePattern(inventory, o.limit));
}

function isReached(peer: KeyPeer): peer is KeyHost {
  return 'session' in peer;
}

/** @throws InputError if the patterns match no selected host. */
function hubsOf(inventory: Inventory, patterns: readonly string[], names: readonly string[]): Set<string> | undefined {
  if (patterns.length === 0) return undefined;
  const hubs = patterns.flatMap((p) => resolvePattern(inventory, p)).filter((n) => names.includes(n));
  if (hubs.length === 0)
    throw new InputError({ what: `No host matches --hub ${patterns.join(' --hub ')}`, fix: 'Correct --hub' });
  return new Set(hubs);
}

async function keyHost(host: Host, session: Session, account: string | undefined, signal?: AbortSignal): Promise<KeyHost> {
  const { target } = session;
  // If the port is forwarded, the other hosts use another one: the port that sshd itself sees.
  const forwarded = peerAddresses(host).some((p) => p !== target.address);
  return {
    ...keyPeer(host, target, account, forwarded ? await innerPort(session, signal) : target.port),
    session,
    unbegun: signal,
  };
}

function keyPeer(host: Host, target: Target, account: string | undefined, inner = target.port): KeyPeer {
  const address = peerAddresses(host).at(-1);
  return {
    name: host.name,
    account: account ?? target.user,
    names: namesOf(host, target, inner),
    called: address === undefined ? { address: target.address, port: target.port } : { address, port: inner },
  };
}

/** All names of a host in known_hosts: its own, the address to connect to, and the addresses for the other hosts. */
export function namesOf(host: Host, target: Pick<Target, 'address' | 'port'>, inner = target.port): string[] {
  const peers = peerAddresses(host);
  // The forwarded port of a loopback address leads every host to itself.
  const forwarded = inner !== target.port && /^(127\.|::1$|localhost$)/.test(target.address);
  return [
    ...new Set([
      ...(forwarded ? [] : [host.name, target.address].map((n) => hostName(n, target.port))),
      ...[...(inner === target.port && !forwarded ? [] : [host.name]), ...peers].map((n) => hostName(n, inner)),
    ]),
  ];
}

/** `ip` and `access_ip`; the other hosts use the last one. */
function peerAddresses(host: Host): string[] {
  const vars = new HostVars(host);
  return [vars.text('ip'), vars.text('access_ip')].flatMap((a) => a ?? []);
}

/** The port on which sshd received our connection. */
async function innerPort(session: Session, signal: AbortSignal | undefined): Promise<number> {
  const answer = await ask(session, { program: ['echo "$SSH_CONNECTION"\n'], signal });
  const port = answer.kind === 'answered' ? Number(answer.lines[0]?.split(' ')[3]) : Number.NaN;
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : session.target.port;
}
