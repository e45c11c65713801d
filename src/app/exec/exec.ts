import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { type ErrorParts, InputError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { Semaphore } from '../../base/semaphore.js';
import { formatParts } from '../../base/text/render-error.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { isEmptyPattern } from '../../inventory/pattern/empty-pattern.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import { quote } from '../../shell/shell.js';
import { runCommand } from '../../transport/session/run.js';
import type { Exit, Session } from '../../transport/types.js';
import { withAnsibleConfig } from '../connect/ansible-config.js';
import { openConnections } from '../connect/connections.js';
import { HostVars } from '../connect/host-vars.js';
import { interruptions } from '../connect/interrupt.js';
import type { ConnectionOptions, VaultOptions } from '../connect/options.js';
import { readInventory } from '../inventory/read.js';
import { type ExecView, type HostOutcome, jsonView, plainView } from './view.js';

export interface ExecCommandOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly limit?: string;
  readonly pattern: string;
  /** One word: a command line for the host's shell. Several: an argument list. None: stdin is a script. */
  readonly command: readonly string[];
  readonly connection: ConnectionOptions;
  readonly json: boolean;
  /** Seconds after which a command is killed. */
  readonly timeoutSec?: number;
  /** Send stdin to the command on every host. */
  readonly stdin: boolean;
}

/**
 * `exec`.
 *
 * @returns 0; 1: the command failed on a host; 3: a host could not be reached (the command ran on the others); 130: interrupted;
 *   141: the reader of the output is gone.
 */
export async function runExec(o: ExecCommandOptions): Promise<number> {
  const command = commandLine(o);
  const inventory = await readInventory(o);
  const hosts = select(inventory, o);
  const stdin = o.stdin ? readFileSync(0) : undefined;
  const view = o.json ? jsonView() : plainView(hosts.map((h) => h.name));
  const interrupt = interruptions(() => process.stderr.write('Interrupted: the commands are killed.\n'));
  const unread = readerGone(process.stdout);
  const stop = AbortSignal.any([interrupt.stop, unread.signal]);
  setMaxListeners(0, stop);
  const connection = withAnsibleConfig(o.connection);
  const semaphore = new Semaphore(connection.forks ?? hosts.length);
  const running: Promise<HostOutcome>[] = [];
  try {
    const connections = await openConnections(hosts, {
      connection: o.connection,
      partial: true,
      verifyBecome: connection.become === true,
      lookup: (name) => inventory.hosts.get(name),
      signal: stop,
      // A host that does not answer must not keep the others waiting.
      onConnected: (_host, _ms, session) => {
        const host = inventory.hosts.get(session.target.name);
        const own = host && new HostVars(host).bool('ansible_become');
        const become = own ?? connection.become === true;
        running.push(runOn(session, command, { stdin, become, timeoutSec: o.timeoutSec }, semaphore, view, stop));
      },
    });
    const order = new Map(hosts.map((h, i) => [h.name, i]));
    const at = (o: HostOutcome): number => order.get(o.host) ?? 0;
    const outcomes = (await Promise.all(running)).sort((a, b) => at(a) - at(b));
    await connections.close();
    if (unread.signal.aborted) {
      const { reason }: { reason: unknown } = unread.signal;
      // Silently, like a program that SIGPIPE kills.
      if (reason === GONE) return 141;
      throw reason;
    }
    for (const [name, error] of connections.failures) view.unreachable(name, error);
    view.end(outcomes, [...connections.failures.keys()]);
    if (interrupt.stop.aborted) return 130;
    return outcomes.some((r) => r.code !== 0) ? 1 : connections.failures.size > 0 ? 3 : 0;
  } finally {
    interrupt.done();
  }
}

/** Aborted when the output cannot be written, for example because its reader is gone (`| head`): else a command that never stops printing would never end. */
function readerGone(stdout: NodeJS.WritableStream): AbortController {
  const gone = new AbortController();
  // Replaces the listener of main.ts, which exits.
  stdout.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_DESTROYED') gone.abort(error.code === 'EPIPE' ? GONE : error);
  });
  return gone;
}

const GONE = 'the reader of the output is gone';

/** Whether the commands were killed because the output cannot be written: then a message would not be seen either. */
function isUnread(reason: unknown): boolean {
  return reason === GONE || (reason instanceof Error && 'syscall' in reason);
}

function commandLine(o: ExecCommandOptions): string {
  const [only, ...more] = o.command;
  if (only !== undefined) return more.length === 0 ? only : o.command.map(quote).join(' ');
  if (o.stdin) return 'sh';
  throw new InputError({
    what: 'No command to run',
    fix: 'Give one after --, for example kubewright exec all -i hosts.ini -- uptime, or a script with --stdin',
  });
}

function select(inventory: Inventory, o: ExecCommandOptions): Host[] {
  if (isEmptyPattern(o.pattern))
    throw new InputError({ what: 'The host pattern is empty', fix: 'Write all for all hosts, or name some' });
  const wanted = new Set(o.limit === undefined ? [...inventory.hosts.keys()] : resolvePattern(inventory, o.limit));
  const names = resolvePattern(inventory, o.pattern).filter((n) => wanted.has(n));
  if (names.length === 0) {
    throw new InputError({
      what: `No host matches ${o.pattern}${o.limit === undefined ? '' : ` with --limit ${o.limit}`}`,
      fix: 'Run kubewright inventory graph -i INVENTORY to see the hosts and groups',
    });
  }
  return names.flatMap((n) => inventory.hosts.get(n) ?? []);
}

interface RunOptions {
  readonly stdin?: Buffer;
  readonly become: boolean;
  readonly timeoutSec?: number;
}

async function runOn(
  session: Session,
  command: string,
  o: RunOptions,
  semaphore: Semaphore,
  view: ExecView,
  stop: AbortSignal,
): Promise<HostOutcome> {
  const host = session.target.name;
  const release = await semaphore.take();
  const began = performance.now();
  const timeout = o.timeoutSec === undefined ? undefined : AbortSignal.timeout(1000 * o.timeoutSec);
  try {
    const exit = await runCommand(session, command, {
      become: o.become,
      stdin: o.stdin,
      onStdout: (chunk) => view.output(host, 'stdout', chunk),
      onStderr: (chunk) => view.output(host, 'stderr', chunk),
      hold: view.hold,
      killOnAbort: true,
      signal: timeout ? AbortSignal.any([timeout, stop]) : stop,
    });
    const mayStillRun = exit.kind === 'lost' ? exit.mayStillRun : undefined;
    const ending = mayStillRun === undefined ? ' and was killed' : `, and may still be running there: ${mayStillRun}`;
    const late = timeout?.aborted
      ? `took longer than ${o.timeoutSec} s${ending}`
      : stop.aborted
        ? `interrupted${mayStillRun === undefined ? '' : ending}`
        : undefined;
    const outcome: HostOutcome = { host, ms: Math.round(performance.now() - began), ...meaning(exit, late) };
    if (!isUnread(stop.reason)) view.finished(outcome);
    return outcome;
  } finally {
    release();
  }
}

function meaning(exit: Exit, late: string | undefined): Pick<HostOutcome, 'code' | 'error'> {
  if (exit.kind === 'exited') return { code: exit.code };
  if (exit.kind === 'killed') return { code: null, error: `killed by ${exit.signal}` };
  const { cause } = exit;
  return {
    code: null,
    error: late ?? ('parts' in cause ? formatParts(cause.parts as ErrorParts) : escapeLine(cause.message)),
  };
}
