import { type DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput, type SimpleRenderer } from 'listr2';
import type { RunEvent } from '../engine/events.js';
import { PlainView } from './plain.js';
import { type HostProgress, Progress } from './progress.js';
import type { View, ViewOptions } from './view.js';
import { count, diffLines, duration, failureBlock, hostSummary, hostTrouble, type Paint, painter, warningLine } from './words.js';

type Wrapper = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** A line of a host in the play that is on the screen. */
interface Row {
  wrapper?: Wrapper;
  title: string;
  finish: (failed: boolean) => void;
}

interface Board {
  readonly rows: Map<string, Row>;
  readonly done: Promise<unknown>;
  readonly close: () => void;
  /** Printed under the play once it is over: nothing may be written while its lines move. */
  readonly after: string[];
}

/**
 * Hosts as moving lines. listr2 only draws: each of its tasks is a promise that our events settle. It writes and reads
 * nothing else, and neither ends the process nor stops at a failure.
 *
 * Events that arrive while a play's last picture is drawn wait in a queue.
 */
export class TerminalView implements View {
  readonly #o: ViewOptions;
  readonly #stdout: NodeJS.WriteStream;
  readonly #plain: PlainView;
  readonly #paint: Paint;
  #dir = '';
  readonly #progress = new Progress();
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #board: Board | undefined;
  #check = false;

  constructor(o: ViewOptions, stdout: NodeJS.WriteStream) {
    this.#o = o;
    this.#stdout = stdout;
    this.#plain = new PlainView(o);
    this.#paint = painter(o.color);
  }

  event(e: RunEvent): void {
    // At once where nothing has to be waited for: a queue would only make the picture late.
    if (this.#waiting === 0 && e.type !== 'play-end') {
      this.#handle(e);
      return;
    }
    this.#waiting++;
    this.#queue = this.#queue.then(async () => {
      this.#handle(e);
      if (e.type === 'play-end') await this.#closeBoard();
      this.#waiting--;
    });
  }

  async end(): Promise<void> {
    await this.#queue;
    await this.#closeBoard();
    await this.#plain.end();
  }

  #handle(e: RunEvent): void {
    this.#progress.take(e);
    if (e.type === 'run-start') [this.#check, this.#dir] = [e.check, e.dir];
    const rows = this.#stdout.rows ?? 24;
    // More hosts than lines cannot be drawn: such a play is told line by line.
    if (e.type === 'play-start' && e.hosts.length <= rows - 6 && this.#o.verbosity < 2) this.#openBoard(e.play, e.hosts);
    else if (!this.#board) this.#plain.event(e);
    else this.#draw(e, this.#board);
    // The plain view prints the recap: it has to know the plays' times.
    if (this.#board && e.type === 'play-end') this.#plain.event(e);
  }

  #openBoard(play: string, hosts: readonly string[]): void {
    const rows = new Map<string, Row>();
    const tasks = hosts.map((host) => {
      let settle: (failed: boolean) => void = () => undefined;
      const finished = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      const row: Row = { title: host, finish: settle };
      if (this.#progress.hosts.get(host)?.tasks === 0) {
        row.title = `${host} ${this.#paint('dim', 'nothing to do')}`;
        settle(false);
      }
      rows.set(host, row);
      return {
        title: host,
        task: async (_: unknown, wrapper: Wrapper) => {
          row.wrapper = wrapper;
          wrapper.title = row.title;
          if (await finished) throw new Error(row.title);
        },
      };
    });
    let close: () => void = () => undefined;
    const listr = new Listr<unknown, typeof DefaultRenderer, typeof SimpleRenderer>(
      [
        {
          title: `${play} (${count(hosts.length, 'host')})`,
          task: (_, t) => t.newListr(tasks, { concurrent: true, exitOnError: false }),
        },
      ],
      {
        registerSignalListeners: false,
        exitOnError: false,
        rendererOptions: {
          collapseSubtasks: false,
          collapseErrors: false,
          showErrorMessage: false,
          logger: new ListrLogger({ processOutput: new ProcessOutput(this.#stdout, this.#stdout) }),
        },
      },
    );
    close = () => {
      for (const [host, row] of rows) row.finish(this.#progress.hosts.get(host)?.failed ?? false);
    };
    this.#board = { rows, done: listr.run().catch(() => undefined), close, after: [] };
  }

  #draw(e: RunEvent, board: Board): void {
    if (e.type === 'task-end') {
      if (e.status === 'failed') board.after.push(...failureBlock({ ...e, hosts: [e.host] }, this.#dir, this.#paint));
      if (e.diff) board.after.push(this.#paint('bold', `${e.host}: ${e.title}`), ...diffLines(e.diff, this.#paint));
    } else if (e.type === 'warning') board.after.push(warningLine(e, this.#paint));
    else if (e.type === 'host-failed') board.after.push(...hostTrouble('FAILED', [e.host], e.error, this.#paint));
    else if (e.type === 'host-unreachable') board.after.push(...hostTrouble('UNREACHABLE', [e.host], e.error, this.#paint));

    const host = 'host' in e && e.host !== undefined ? e.host : undefined;
    const row = host === undefined ? undefined : board.rows.get(host);
    const state = host === undefined ? undefined : this.#progress.hosts.get(host);
    if (host === undefined || !row || !state) return;
    row.title = this.#rowTitle(host, state, e.at);
    if (row.wrapper) row.wrapper.title = row.title;
    if (state.failed || (state.tasks > 0 && state.done === state.tasks)) row.finish(state.failed);
  }

  #rowTitle(host: string, state: HostProgress, now: number): string {
    if (state.failed) return `${host} ${this.#paint('red', 'failed')}`;
    if (state.done === state.tasks) {
      const text = hostSummary(state.changed, state.tasks, this.#check);
      return `${host} ${this.#paint(state.changed > 0 ? 'yellow' : 'green', text)} ${duration(now - (state.since ?? now))}`;
    }
    if (state.note) return `${host} ${this.#paint('yellow', state.note)}`;
    const present = state.present;
    return present ? `${host} ${this.#paint('dim', `${present.n}/${state.tasks}`)} ${present.title}` : host;
  }

  async #closeBoard(): Promise<void> {
    const board = this.#board;
    if (!board) return;
    board.close();
    await board.done;
    this.#board = undefined;
    if (board.after.length > 0) this.#stdout.write(`${board.after.join('\n')}\n`);
  }
}
