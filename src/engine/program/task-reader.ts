import { StringDecoder } from 'node:string_decoder';
import { escapeAll, escapeLine } from '../../base/escape.js';
import type { Frame, Output } from '../../base/text/frames.js';
import { Secret } from '../../shell/secret.js';
import { DEFAULT_TIMEOUT_SEC } from '../defaults.js';
import type { RunEventBody, TaskStatus } from '../events.js';
import { exportNames } from './compile.js';
import type { TaskLabel } from './program-label.js';

const TAIL_LINES = 20;
const WHY_LINES = 12;
const TAIL_AFTER_WHY = 5;

export interface TaskReaderOptions {
  readonly play: string;
  readonly host: string;
  readonly tasks: readonly TaskLabel[];
  readonly emit: (event: RunEventBody) => void;
  readonly onExport: (name: string, value: string | Secret) => void;
  /** The program waits for this file. */
  readonly onNeed: (sha256: string) => void;
  /** Task `n` waits for the host's turn. */
  readonly onTurn: (n: number) => void;
  /** The host has come back from its turn. */
  readonly onTurned: () => void;
}

interface Current {
  readonly n: number;
  readonly task: TaskLabel;
  /** Seconds of the host's uptime; waiting for a turn does not count. */
  since: number;
  phase: string;
  /** Last lines of each phase, shown if the task fails. */
  tail: string[];
  diff: string[];
  /** What the host says to be the cause. */
  why: string[];
  /** The rest of it is for the log. */
  whyTold: boolean;
}

/** Turns the frames and output of one host's program into events. */
export class TaskReader {
  readonly #o: TaskReaderOptions;
  readonly counts = { ok: 0, changed: 0, failed: 0 };
  /** Output outside of any task: errors of the shell itself. */
  readonly stray: string[] = [];
  /** Ids of tasks that would change something. */
  readonly wouldChange = new Set<string>();
  /** It ended before the last task because it was asked to stop. */
  stopped = false;
  /** The same, or its current task was killed for that reason. */
  interrupted = false;
  /** The failed task: no other comes after it. */
  failed: TaskLabel | undefined;
  #current: Current | undefined;
  #decoder = new StringDecoder('utf8');
  #line = '';

  constructor(o: TaskReaderOptions) {
    this.#o = o;
  }

  /** Tasks that never ended, and those whose result check mode cannot tell. */
  get unfinished(): number {
    const { ok, changed, failed } = this.counts;
    return this.#o.tasks.length - ok - changed - failed;
  }

  /** The running task, if the program ended during one. */
  get present(): TaskLabel | undefined {
    return this.#current?.task;
  }

  take(item: Frame | Output): void {
    if (item.kind === 'output') this.#text(this.#decoder.write(item.data));
    else this.#frame(item.fields);
  }

  #frame(fields: readonly string[]): void {
    const [kind = '', a = '', b = '', c = '', d = '', e = ''] = fields;
    if (kind === 'need') {
      this.#o.onNeed(a);
      return;
    }
    if (kind === 'turn') return this.#o.onTurn(Number(a));
    if (kind === 'turned') return this.#o.onTurned();
    this.#flush();
    const current = this.#current;
    if (kind === 'start') this.#start(Number(a), Number(b));
    else if (kind === 'stopped') this.stopped = this.interrupted = true;
    else if (!current) return;
    else if (kind === 'in-turn') current.since = Number(b);
    else if (kind === 'phase') {
      current.phase = b;
      // The check's output before apply is of no interest once apply has run.
      if (b === 'apply') current.tail = [];
    } else if (kind === 'export') this.#export(current.task, Number(b), c);
    else if (kind === 'end') this.#end(current, b as TaskStatus, Number(c), Number(d), e);
  }

  #start(n: number, up: number): void {
    const task = this.#o.tasks[n - 1];
    if (!task) return;
    this.#current = { n, task, since: up, phase: 'check', tail: [], diff: [], why: [], whyTold: false };
    const { play, host, tasks } = this.#o;
    this.#o.emit({ type: 'task-start', play, host, task: task.id, title: task.title, n, of: tasks.length });
  }

  #export(task: TaskLabel, index: number, base64: string): void {
    const name = exportNames(task)[index - 1];
    if (!name) return;
    const value = Buffer.from(base64, 'base64').toString('utf8').replace(/\n+$/, '');
    this.#o.onExport(name, task.sensitive ? new Secret(secretName(this.#o.host, name), value) : value);
  }

  #end(current: Current, status: TaskStatus, code: number, up: number, reason: string): void {
    this.#current = undefined;
    const { task } = current;
    const failed = status === 'failed';
    if (failed) {
      this.counts.failed++;
      this.failed = task;
      if (reason === 'killed') this.interrupted = true;
    } else if (status === 'ok') this.counts.ok++;
    else if (status !== 'skipped') this.counts.changed++;
    if (status === 'would-change') this.wouldChange.add(task.id);
    this.#o.emit({
      type: 'task-end',
      play: this.#o.play,
      host: this.#o.host,
      task: task.id,
      title: task.title,
      status,
      ms: Math.max(0, Math.round((up - current.since) * 1000)),
      ...(failed ? { code, tail: tail(current, reason) } : {}),
      ...(failed && task.hint ? { hint: task.hint } : {}),
      ...(current.diff.length > 0 ? { diff: current.diff.join('\n') } : {}),
    });
  }

  #text(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#wholeLine(line);
  }

  /** Output without a final newline ends with its phase. */
  #flush(): void {
    this.#text(this.#decoder.end());
    this.#decoder = new StringDecoder('utf8');
    if (this.#line !== '') this.#wholeLine(this.#line);
    this.#line = '';
  }

  #wholeLine(raw: string): void {
    const current = this.#current;
    if (current?.phase === 'diff') {
      current.diff.push(escapeAll(raw));
      return;
    }
    const line = escapeLine(raw);
    if (!current) {
      this.stray.push(line);
      if (this.stray.length > TAIL_LINES) this.stray.shift();
      return;
    }
    // Why there is no turn is not the task's own output.
    if (current.task.sensitive && current.phase !== 'turn') return;
    if (current.phase === 'why') return this.#reason(current, line);
    current.tail.push(line);
    if (current.tail.length > TAIL_LINES) current.tail.shift();
    if (current.phase === 'apply') this.#output(current, line);
  }

  #reason(current: Current, line: string): void {
    if (line === '--') {
      current.whyTold = true;
      return;
    }
    if (!current.whyTold && current.why.length < WHY_LINES) current.why.push(line);
    this.#output(current, line);
  }

  #output(current: Current, text: string): void {
    this.#o.emit({ type: 'task-output', play: this.#o.play, host: this.#o.host, task: current.task.id, text });
  }
}

function tail(current: Current, reason: string): string[] {
  const { why, task } = current;
  // The cause comes first; of what the task itself said the end is enough then.
  const said = why.length > 0 ? [...why, ...current.tail.slice(-TAIL_AFTER_WHY)] : current.tail;
  const lines = task.sensitive && reason !== 'turn' ? ['(output hidden: it may contain secrets)'] : [...said];
  const seconds = task.timeoutSec ?? DEFAULT_TIMEOUT_SEC;
  if (reason === 'recheck') lines.push('the check still fails after apply');
  else if (reason === 'timeout') lines.push(`took longer than ${seconds} s and was killed`);
  else if (reason === 'export') lines.push('the task is done, but a value that later plays need could not be read');
  else if (reason === 'killed') lines.push('interrupted');
  return lines;
}

/** Unique for each host and export: two hosts may export the same name. */
function secretName(host: string, name: string): string {
  return `export.${host}.${name}`.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}
