import { LockedError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { type Controller, pidOf, processState, sameOperator } from '../journal/controller.js';
import { FrameParser } from '../program/frames.js';
import { decodeLabel, type ProgramLabel } from '../program/program-label.js';

/** How often a run says that it is alive, over the channel that holds its lock. */
export const BEAT_EVERY_MS = 5_000;
/**
 * Seconds without a sign of life after which a controller counts as gone, where its process cannot be looked at. Longer than a
 * broken connection takes to be noticed (15 s) and mended.
 */
export const STALE_AFTER_SEC = 60;

/** Who holds a lock, as the holder wrote it. */
export interface LockInfo extends Controller {
  readonly run: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A program that a run has left on a host. */
export interface FoundProgram {
  readonly run: string;
  readonly key: string;
  /** dead: killed without a last word. */
  readonly state: 'running' | 'ended' | 'dead';
  /** Number of the present task, from 1; 0: none yet. */
  readonly at: number;
  readonly label: ProgramLabel;
}

/** What a host says when it is asked for its lock. */
export interface LockAnswer {
  readonly verdict: 'taken' | 'over' | 'restarted' | 'held' | 'free';
  /** The lock that was there. */
  readonly by: LockInfo;
  /** Its run is still collecting the locks of its hosts. */
  readonly taking: boolean;
  /** Seconds since its controller was heard. */
  readonly age: number;
  readonly boot: string;
  readonly programs: readonly FoundProgram[];
  /** RUN/KEY of programs that were ended. */
  readonly stopped: readonly string[];
  readonly stuck: readonly string[];
}

export function infoLines(info: LockInfo): string[] {
  const fields = ['run', 'user', 'host', 'since', 'process'] as const;
  return fields.map((name) => `${name}=${info[name]}`.replaceAll(/[\x00-\x1f\x7f]/g, ' '));
}

/** What a keeper says later on. */
type LockWord =
  | { readonly verdict: 'lost'; readonly by: LockInfo }
  | { readonly verdict: 'mine' }
  | { readonly verdict: 'released' };

/** Reads what a keeper prints. */
export class LockReader {
  readonly #parser: FrameParser;
  #info = new Map<string, string>();
  #programs: FoundProgram[] = [];
  #stopped: string[] = [];
  #stuck: string[] = [];
  #taking = false;

  constructor(nonce: string) {
    this.#parser = new FrameParser(nonce);
  }

  feed(chunk: Buffer): (LockAnswer | LockWord)[] {
    const out: ReturnType<LockReader['feed']> = [];
    for (const item of this.#parser.feed(chunk)) {
      if (item.kind !== 'frame') continue;
      const [kind, a = '', b = '', c = '', d = ''] = item.fields;
      if (kind === 'info') {
        const [, name = '', value = ''] = /^([a-z]+)=(.*)$/.exec(item.fields.slice(1).join(' ')) ?? [];
        this.#info.set(name, escapeLine(value));
      } else if (kind === 'program') this.#program(a, b, Number(c), d);
      else if (kind === 'stopped') this.#stopped.push(a);
      else if (kind === 'stuck') this.#stuck.push(a);
      else if (kind === 'taking') this.#taking = true;
      else if (kind === 'lost') out.push({ verdict: 'lost', by: this.#lock() });
      else if (kind === 'mine') out.push({ verdict: 'mine' });
      else if (kind === 'released') out.push({ verdict: 'released' });
      else if (kind === 'lock') out.push(this.#answer(a, Number(b), c));
      if (kind === 'lost' || kind === 'lock') this.#info = new Map();
    }
    return out;
  }

  #answer(verdict: string, age: number, boot: string): LockAnswer {
    const known = (['taken', 'over', 'restarted', 'free'] as const).find((v) => v === verdict) ?? 'held';
    return {
      verdict: known,
      by: this.#lock(),
      taking: this.#taking,
      age,
      boot,
      programs: this.#programs,
      stopped: this.#stopped,
      stuck: this.#stuck,
    };
  }

  #lock(): LockInfo {
    const field = (name: string): string => this.#info.get(name) ?? '';
    return {
      run: field('run'),
      user: field('user'),
      host: field('host'),
      since: field('since'),
      process: field('process'),
    };
  }

  #program(path: string, state: string, at: number, encoded: string): void {
    const [run = '', key = ''] = path.split('/');
    const label = decodeLabel(encoded);
    // Without its label nobody can follow it. Written before the program starts, so only a full disk loses it.
    if (!label || (state !== 'running' && state !== 'ended' && state !== 'dead')) return;
    this.#programs.push({ run, key, state, at, label });
  }
}

/** Whether the controller of a lock is gone, and what follows from it for us. */
export type Judgement = 'at-work' | 'stale' | 'ours-to-follow' | 'orphan';

/**
 * at-work: its controller lives, or may. stale: gone, and nothing of it is at work. ours-to-follow: gone, its programs are at
 * work, and we are the same operator. orphan: the same, but another operator's.
 */
export function judge(answer: LockAnswer, own: Controller): Judgement {
  const state = processState(answer.by, own);
  const gone = state === 'gone' || (state === 'elsewhere' && answer.age > STALE_AFTER_SEC);
  if (!gone) return 'at-work';
  if (!answer.programs.some((p) => p.state === 'running')) return 'stale';
  return sameOperator(answer.by, own) ? 'ours-to-follow' : 'orphan';
}

/** Everything that the locks of one or many hosts say, in one error. */
export function lockedError(held: ReadonlyMap<string, LockAnswer>, own: Controller): LockedError {
  const hosts = [...held.keys()];
  const answers = [...held.values()];
  const why = [...new Set(answers.map((a) => describe(a, own)))];
  const programs = [...held].flatMap(([host, a]) =>
    a.programs.filter((p) => p.state === 'running').map((p) => `${host}: ${presentTask(p)} (play ${p.label.play})`),
  );
  const stuck = answers.some((a) => a.stuck.length > 0);
  const orphan = answers.some((a) => judge(a, own) === 'orphan');
  const run = answers[0]?.by.run ?? '';
  return new LockedError({
    what: orphan
      ? `A run whose controller is gone is still at work on ${hostCount(hosts)}`
      : `Another run is at work on ${hostCount(hosts)}`,
    where: hosts.join(', '),
    why: [...why, ...(orphan ? ['Its programs go on by themselves:', ...programs] : [])].join('\n'),
    fix: stuck
      ? 'Its program could not be stopped: look on the machine what hangs (ps axf)'
      : orphan
        ? `kubewright runs attach ${run} follows it to its end; --force-unlock stops it and takes the lock`
        : `Wait until it has ended, or watch it: kubewright runs attach ${run}. If you know that it must not go on, --force-unlock stops its programs and takes the lock`,
  });
}

/** `alice@laptop since …, run …`, and how long its controller has been silent. */
function describe(a: LockAnswer, own: Controller): string {
  const { by } = a;
  const who = `${by.user || '?'}@${by.host || '?'} since ${by.since || '?'}, run ${by.run || '?'}`;
  const state = processState(by, own);
  if (state === 'alive') return `${who}, process ${pidOf(by)} of this machine`;
  if (state === 'gone') return `${who}; its controller, process ${pidOf(by)} of this machine, is gone`;
  if (a.age > STALE_AFTER_SEC) return `${who}; its controller is gone since ${ago(a.age)}`;
  return a.age > 15 ? `${who}; its controller was last heard ${a.age} s ago (after ${STALE_AFTER_SEC} s it counts as gone)` : who;
}

function ago(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function presentTask(p: FoundProgram): string {
  const task = p.label.tasks[p.at - 1];
  return task ? `task ${p.at} of ${p.label.tasks.length}, ${escapeLine(task.title)}` : 'about to begin';
}

function hostCount(hosts: readonly string[]): string {
  return hosts.length === 1 ? 'this host' : `${hosts.length} hosts`;
}
