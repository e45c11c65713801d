import { setTimeout as sleep } from 'node:timers/promises';
import { KubewrightError } from '../../../base/errors.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import type { Session } from '../../../transport/types.js';
import { PROLOGUE } from '../programs/prologue.js';
import { type Ran, runProgram } from '../remote.js';

/** What an API server says while etcd elects a leader or has no time: a moment later it answers the same question. */
const MOMENTARY = /etcdserver: |\((InternalError|ServiceUnavailable|TooManyRequests|Timeout|ServerTimeout)\)/;
const TRIES = 6;
const PAUSE_MS = 2000;

/** kubectl on one control plane, with its administrator's kubeconfig, which stays there. */
export class Kube {
  readonly session: Session;
  readonly #command: Shell;
  readonly #prologue: Shell;
  readonly #signal: AbortSignal | undefined;

  constructor(session: Session, o: { readonly kubeconfig: string; readonly binDir?: string; readonly signal?: AbortSignal }) {
    this.session = session;
    this.#prologue = joinShell([PROLOGUE, sh`PATH=${o.binDir ?? '/usr/local/bin'}:$PATH`]);
    this.#command = sh`kubectl --kubeconfig ${o.kubeconfig} --request-timeout=20s`;
    this.#signal = o.signal;
  }

  /** A program that begins so can call `command`. */
  get prologue(): Shell {
    return this.#prologue;
  }

  get command(): Shell {
    return this.#command;
  }

  run(...args: readonly string[]): Promise<Ran> {
    return runProgram(this.session, joinShell([this.#prologue, sh`${this.#command} ${args}`]), this.#signal);
  }

  /** @throws KubewrightError with what kubectl said. */
  async text(...args: readonly string[]): Promise<string> {
    const ask = (): Promise<Ran> => this.run(...args);
    return this.#succeeded(await (args[0] === 'get' ? this.#patiently(ask) : ask()), args);
  }

  /** @throws KubewrightError with what kubectl said. */
  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.text(...args, '-o', 'json')) as T;
  }

  /** Creates objects; those that are there are changed. @throws KubewrightError with what kubectl said. */
  async apply(content: string): Promise<void> {
    const program = sh`printf '%s' ${content} | ${this.#command} apply -f -`;
    const ask = (): Promise<Ran> => runProgram(this.session, joinShell([this.#prologue, program]), this.#signal);
    this.#succeeded(await this.#patiently(ask), ['apply']);
  }

  /** For what may be asked twice. */
  async #patiently(ask: () => Promise<Ran>): Promise<Ran> {
    for (let tries = 1; ; tries++) {
      const ran = await ask();
      if (ran.code === 0 || tries === TRIES || !MOMENTARY.test(ran.err) || this.#signal?.aborted) return ran;
      await sleep(PAUSE_MS, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  #succeeded(ran: Ran, args: readonly string[]): string {
    if (ran.code === 0) return ran.out;
    throw new KubewrightError({
      what: `kubectl ${args.slice(0, 2).join(' ')} failed`,
      where: this.session.target.name,
      why: ran.err.split('\n').slice(-3).join('\n') || 'it said nothing',
      fix: 'Fix what kubectl says and run kubewright verify again',
    });
  }
}
