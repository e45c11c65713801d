import { LockedError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { FrameParser } from '../../base/text/frames.js';
import { type Controller, pidOf, processState, sameOperator } from '../journal/controller.js';
import { decodeLabel, type ProgramLabel } from '../program/program-label.js';

/** Interval of the signs of life that a run sends over the channel of its lock. */
export const BEAT_EVERY_MS = 5_000;
/**
 * Seconds without a sign of life after which a controller counts as gone, if its process cannot be checked. Longer than it
 * takes to notice (15 s) and replace a broken connection.
 */
export const STALE_AFTER_SEC = 60;

/** A lock's holder, as it wrote itself down. */
export interface LockInfo extends Controller {
  readonly run: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A program that a run has left on a host. */
export interface FoundProgram {
  readonly run: string;
  readonly key: string;
  /** dead: killed before it could report. */
  readonly state: 'running' | 'ended' | 'dead';
  /** Number of the current task, from 1; 0: none yet. */
  readonly at: number;
  readonly label: ProgramLabel;
}

/** A host's answer to a request for its lock. */
export interface LockAnswer {
  readonly verdict: 'taken' | 'over' | 'restarted' | 'held' | 'free';
  /** The lock that it found. */
  readonly by: LockInfo;
  /** Its run does not have all its locks yet. */
  readonly taking: boolean;
  /** Seconds since its controller's last sign of life. */
  readonly age: number;
  readonly boot: string;
  readonly programs: readonly FoundProgram[];
  /** RUN/KEY of programs that were stopped. */
  readonly stopped: readonly string[];
  readonly stuck: readonly string[];
}

export function infoLines(info: LockInfo): string[] {
  const fields = ['run', 'user', 'host', 'since', 'process'] as const;
  return fields.map((name) => `${name}=${info[name]}`.replaceAll(/[\x00-\x1f\x7f]/g, ' '));
}

/** What a keeper reports later. */
type LockWord =
  | { readonly verdict: 'lost'; readonly by: LockInfo }
  | { readonly verdict: 'mine' }
  | { readonly verdict: 'released' };

/** Reads a keeper's output. */
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
    // It cannot be followed without its label. That is written before the program starts, so only a full disk loses it.
    if (!label || (state !== 'running' && state !== 'ended' && state !== 'dead')) return;
    this.#programs.push({ run, key, state, at, label });
  }
}

/** The state of a lock's controller, and what we may do. */
export type Judgement = 'at-work' | 'stale' | 'ours-to-follow' | 'orphan';

/**
 * at-work: its controller is alive, or may be. stale: gone, and none of its programs runs. ours-to-follow: gone, its programs
 * run, and we are the same operator. orphan: the same, but another operator's.
 */
export function judge(answer: LockAnswer, own: Controller): Judgement {
  const state = processState(answer.by, own);
  const gone = state === 'gone' || (state === 'elsewhere' && answer.age > STALE_AFTER_SEC);
  if (!gone) return 'at-work';
  if (!answer.programs.some((p) => p.state === 'running')) return 'stale';
  return sameOperator(answer.by, own) ? 'ours-to-follow' : 'orphan';
}

/** The locks of one or many hosts, in one error. */
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
      ? `A run whose controller is gone still has programs running on ${hostCount(hosts)}`
      : `Another run is at work on ${hostCount(hosts)}`,
    where: hosts.join(', '),
    why: [...why, ...(orphan ? ['Its programs keep running by themselves:', ...programs] : [])].join('\n'),
    fix: stuck
      ? 'Find out on the host what hangs (ps axf): its program could not be stopped'
      : orphan
        ? `Follow it to its end with kubewright runs attach ${run}, or stop it and take the lock with --force-unlock`
        : `Wait until it has ended, or watch it with kubewright runs attach ${run}. --force-unlock stops its programs and takes the lock`,
  });
}

/** `alice@laptop since …, run …`, and its controller's state. */
function describe(a: LockAnswer, own: Controller): string {
  const { by } = a;
  const who = `${by.user || '?'}@${by.host || '?'} since ${by.since || '?'}, run ${by.run || '?'}`;
  const state = processState(by, own);
  if (state === 'alive') return `${who}, process ${pidOf(by)} of this machine`;
  if (state === 'gone') return `${who}; its controller, process ${pidOf(by)} of this machine, is gone`;
  if (a.age > STALE_AFTER_SEC) return `${who}; its controller has been gone for ${ago(a.age)}`;
  return a.age > 15
    ? `${who}; its controller's last sign of life was ${a.age} s ago (after ${STALE_AFTER_SEC} s it counts as gone)`
    : who;
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
