import { PassThrough } from 'node:stream';
import { InterruptedError, KubewrightError } from '../../base/errors.js';
import { writeWarning } from '../../base/text/render-error.js';
import type { Session } from '../../transport/types.js';
import { onControlPlane } from '../access/control-plane.js';
import { lifetime } from '../access/lifetime.js';
import type { ConnectionOptions, VaultOptions } from '../connect/options.js';
import { readCluster } from '../inventory/read-cluster.js';
import { openBrowser } from './browser.js';
import { LocalPort } from './local-port.js';
import { type Pass, PassDesk } from './pass.js';

export interface DashboardOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly connection: ConnectionOptions;
  /** On this machine; default: any that is free. */
  readonly port?: number;
  readonly ttl: string;
  /** A token that may change everything, instead of one that may look. */
  readonly admin: boolean;
  readonly open: boolean;
  /** URL and token on stdout, wherever that goes; no browser. */
  readonly print: boolean;
}

/**
 * `dashboard`: opens Headlamp on a port of this machine, through the SSH connection to a control plane, until Ctrl-C.
 * @returns 0; 1: the connection was lost. @throws KubewrightError
 */
export async function dashboard(o: DashboardOptions): Promise<number> {
  const ttl = lifetime(o.ttl, 'token');
  const source = await readCluster({ ...o, evenEtcd: true });
  await source.bundle?.close();
  const local = await LocalPort.open(o.port);
  const ended = interrupted();
  try {
    const binDir = source.cluster.settings.bin_dir;
    return await onControlPlane(source, o.connection, (session) =>
      serve(o, { session, local, ended: ended.signal, desk: new PassDesk(session, binDir), ttl }),
    );
  } finally {
    ended.done();
    await local.close();
  }
}

interface Serving {
  readonly session: Session;
  readonly local: LocalPort;
  /** Aborted by Ctrl-C. */
  readonly ended: AbortSignal;
  readonly desk: PassDesk;
  /** Seconds. */
  readonly ttl: number;
}

async function serve(o: DashboardOptions, { session, local, ended, desk, ttl }: Serving): Promise<number> {
  if (!session.forward) throw new KubewrightError({ what: `${session.target.name} cannot forward connections` });
  const forward = session.forward.bind(session);
  // What was made in vain must be removed as well.
  let given: Pass | 'unknown' | 'nothing' = 'unknown';
  try {
    const pass = await desk.issue({ account: o.admin ? 'headlamp-admin' : 'headlamp-view', ttl }, ended);
    given = typeof pass === 'string' ? 'nothing' : pass;
    if (typeof pass === 'string') throw refusals[pass](session.target.name);
    local.forward(() => forward(pass.address, pass.port), tellOnce(session.target.name, ended));
    await invite(o, session.target.name, local.port, pass);
    const lost = await untilEnd(session, ended);
    if (!lost) return 0;
    writeWarning({
      what: 'The connection was lost',
      where: session.target.name,
      why: lost.message,
      fix: 'Run the command again',
    });
    return 1;
  } catch (error) {
    if (ended.aborted) throw new InterruptedError({ what: 'Interrupted' });
    throw error;
  } finally {
    if (given !== 'nothing') {
      const isVoid = await takeBack(desk);
      if (typeof given !== 'string')
        say(`The tunnel is closed, and the token is ${isVoid ? 'void' : `valid until ${clock(given.until)}`}.`);
    }
  }
}

/** Each reason why a connection fails, the first time. */
function tellOnce(host: string, ended: AbortSignal): (cause: Error) => void {
  const told = new Set<string>();
  return ({ message }) => {
    if (ended.aborted || told.has(message)) return;
    told.add(message);
    writeWarning({ what: `${host} does not reach the dashboard`, why: message });
  };
}

const refusals = {
  absent: (host: string) =>
    new KubewrightError({
      what: 'The cluster has no dashboard that Kubewright installed',
      where: host,
      fix: 'Set headlamp_enabled: true and run kubewright provision -i INVENTORY --tags apps,containerd',
    }),
  down: (host: string) =>
    new KubewrightError({
      what: 'The dashboard is installed and does not run',
      where: host,
      fix: '`kubectl -n kube-system describe pod -l k8s-app=headlamp` says what it is waiting for',
    }),
} as const;

async function invite(o: DashboardOptions, host: string, port: number, { token, until }: Pass): Promise<void> {
  const url = `http://127.0.0.1:${port}/c/main/token`;
  if (o.print) process.stdout.write(`${url}\n${token}\n`);
  say(`Dashboard: ${url} (through ${host}, from this machine only)`);
  const may = o.admin
    ? 'It may change and delete everything'
    : 'It may look at everything but secrets; --admin gives one that may change things';
  if (!o.print && process.stdout.isTTY) {
    say(`Paste this token there. ${may}. It is valid until ${clock(until)}, and void when this command ends:`);
    process.stdout.write(`\n${token}\n\n`);
  } else if (!o.print)
    say(
      'The token is not shown, because the output is not a terminal: run it in one, or with --print to get URL and token on stdout',
    );
  else say(`${may}. The token is valid until ${clock(until)}, and void when this command ends`);
  if (o.open && !o.print) {
    const problem = await openBrowser(url, process.env);
    if (problem !== undefined) say(`No browser was opened: ${problem}. Open that address in one on this machine.`);
  }
  say('Ctrl-C ends it.');
}

/** @returns why the connection was lost; undefined: it was ended here. */
async function untilEnd(session: Session, ended: AbortSignal): Promise<Error | undefined> {
  // `cat` waits as long as the connection lives.
  const exit = await session.exec('cat', { stdin: new PassThrough(), signal: ended });
  if (ended.aborted) return undefined;
  return exit.kind === 'lost' ? exit.cause : new Error('the login shell ended');
}

/** @returns false: the token lives until it expires. */
function takeBack(desk: PassDesk): Promise<boolean> {
  return desk.revoke().then(
    () => true,
    () => false,
  );
}

/** Ctrl-C, a closed terminal and SIGTERM end the session in order; a second one at once. */
function interrupted(): { readonly signal: AbortSignal; done(): void } {
  const stop = new AbortController();
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: stop.signal,
    done: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** By the clock of this machine. */
function clock(date: Date): string {
  return date.toLocaleTimeString('en-GB');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
