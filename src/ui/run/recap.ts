import { inOrder } from '../../base/text/host-ranges.js';
import type { RunEvent } from '../../engine/events.js';
import { type Failure, failureBlock, hostTrouble, type Paint, type PlayTime, type RunEnd, recapLines } from '../format.js';

/** Collects what is printed at the end of a run. */
export class Recap {
  readonly #plays: PlayTime[] = [];
  readonly #busy = new Map<string, number>();
  readonly #failures = new Map<string, Failure & { hosts: string[]; ms: number }>();
  readonly #troubles = new Map<string, { word: string; error: string; hosts: string[] }>();
  /** Place in the inventory. */
  #order: ReadonlyMap<string, number> = new Map();
  #dir = '';
  #check = false;

  take(e: RunEvent): void {
    if (e.type === 'run-start') {
      [this.#dir, this.#check] = [e.dir, e.check];
      this.#order = new Map(e.hosts.map((h, i) => [h, i]));
    }
    if (e.type === 'play-end') this.#plays.push({ name: e.play, ms: e.ms });
    else if (e.type === 'host-unreachable' || e.type === 'host-failed') {
      const word = e.type === 'host-failed' ? 'FAILED' : 'UNREACHABLE';
      const known = this.#troubles.get(word + e.error);
      if (known) known.hosts.push(e.host);
      else this.#troubles.set(word + e.error, { word, error: e.error, hosts: [e.host] });
    } else if (e.type === 'task-end') {
      this.#busy.set(e.host, (this.#busy.get(e.host) ?? 0) + e.ms);
      if (e.status === 'failed') this.#failed({ ...e, hosts: [e.host] }, e.play);
    }
  }

  /** The recap; hosts that failed in the same way share a block. */
  lines(end: RunEnd, paint: Paint, columns?: number): string[] {
    const failures = [
      ...[...this.#troubles.values()].flatMap((t) => hostTrouble(t.word, inOrder(t.hosts, this.#order), t.error, paint, columns)),
      ...[...this.#failures.values()].flatMap((f) =>
        failureBlock({ ...f, hosts: inOrder(f.hosts, this.#order) }, this.#dir, paint, columns),
      ),
    ];
    return recapLines({
      end,
      plays: this.#plays,
      busy: this.#busy,
      failures,
      dir: this.#dir,
      check: this.#check,
      paint,
      columns,
    });
  }

  #failed(f: Failure & { hosts: string[]; ms: number }, play: string): void {
    const key = [play, f.task, f.code ?? '', ...(f.tail ?? [])].join('\0');
    const known = this.#failures.get(key);
    if (!known) this.#failures.set(key, f);
    else {
      known.hosts.push(...f.hosts);
      known.ms = Math.max(known.ms, f.ms);
    }
  }
}
