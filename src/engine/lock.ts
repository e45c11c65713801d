import { hostname, userInfo } from 'node:os';
import { LockedError } from '../errors.js';
import { sh } from '../shell/shell.js';
import type { Session } from '../transport/port.js';
import { FrameParser } from './frames.js';
import { inOneFunction } from './scripts.js';
import { escapeLine } from './text.js';

/** Seconds without a sign of life of the holder, and without a running program, after which a lock is stale. */
export const STALE_AFTER_SEC = 120;
/** How often a run says that it is alive. */
export const REFRESH_EVERY_MS = 30_000;

/** Who holds a lock, as the holder wrote it. */
export interface LockInfo {
  readonly run: string;
  readonly user: string;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

export type LockOutcome =
  | { readonly kind: 'taken'; readonly from?: LockInfo }
  | { readonly kind: 'held'; readonly by: LockInfo }
  | { readonly kind: 'failed'; readonly error: string };

/** Who we are, for others to read. */
export function ownInfo(run: string, now: Date): LockInfo {
  let user = 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // A user id without an entry in passwd.
  }
  return { run, user, host: hostname(), since: now.toISOString() };
}

/** Takes the lock of one host, also over from a run that is surely dead. Taking it twice for one run is fine. */
export async function acquireLock(session: Session, o: { runDir: string; info: LockInfo; nonce: string }): Promise<LockOutcome> {
  const { parse, onStdout } = reader(o.nonce);
  let stderr = '';
  const exit = await session.exec('sh', {
    become: true,
    stdin: acquireScript(o.runDir, o.info, o.nonce),
    onStdout,
    onStderr: (chunk) => {
      stderr += chunk.toString();
    },
  });
  const answer = parse();
  if (answer?.verb === 'taken') return { kind: 'taken', ...(answer.info.run === '' ? {} : { from: answer.info }) };
  if (answer?.verb === 'held') return { kind: 'held', by: answer.info };
  const cause = exit.kind === 'lost' ? exit.cause.message : stderr.trim().split('\n').slice(-3).map(escapeLine).join('\n');
  return { kind: 'failed', error: cause || 'the lock could not be taken' };
}

/** Says that the run is alive. Errors don't matter: the next one comes soon. */
export async function refreshLock(session: Session, runDir: string, run: string): Promise<void> {
  const lock = `${runDir}/lock`;
  await session.exec('sh', {
    become: true,
    stdin: inOneFunction([sh`if grep -qxF ${`run=${run}`} ${lock}/info; then : > ${lock}/beat; fi 2>/dev/null`]),
  });
}

/** Gives the lock back and removes what the run has left under /run. */
export async function releaseLock(session: Session, runDir: string, run: string): Promise<void> {
  const lock = `${runDir}/lock`;
  await session.exec('sh', {
    become: true,
    stdin: inOneFunction([
      sh`rm -rf ${`${runDir}/${run}`}`,
      sh`if grep -qxF ${`run=${run}`} ${lock}/info 2>/dev/null; then rm -rf ${lock}; fi`,
    ]),
  });
}

export function lockedError(held: ReadonlyMap<string, LockInfo>): LockedError {
  const hosts = [...held.keys()];
  const who = [
    ...new Set([...held.values()].map((i) => `${i.user || '?'}@${i.host || '?'} since ${i.since || '?'}, run ${i.run || '?'}`)),
  ];
  return new LockedError({
    what: `Another run is at work on ${hosts.length === 1 ? 'this host' : `${hosts.length} hosts`}`,
    where: hosts.join(', '),
    why: who.join('\n'),
    todo: `Wait until it has ended. If it was killed, try again ${STALE_AFTER_SEC / 60} minutes later: its lock is then known to be stale`,
  });
}

function acquireScript(runDir: string, info: LockInfo, nonce: string): string {
  const lines = [`run=${info.run}`, `user=${info.user}`, `host=${info.host}`, `since=${info.since}`].map((l) =>
    l.replaceAll('\n', ' '),
  );
  return inOneFunction([
    sh`
    umask 077
    base=${runDir}
    lock=$base/lock
    boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo none)
    mkdir -p "$base" || exit 1
    say() { printf '\\036%s lock %s\n' ${nonce} "$1"; }
    take() {
      mkdir "$lock" 2>/dev/null || return 1
      : > "$lock/beat"
      printf '%s\n' ${lines} "boot=$boot" > "$lock/info.new" && mv "$lock/info.new" "$lock/info"
    }
    age() { echo $(( $(date +%s) - $(stat -c %Y "$1" 2>/dev/null || date +%s) )); }
    field() { sed -n "s/^$1=//p" "$lock/info" 2>/dev/null | head -n 1; }
    stale() {
      [ -d "$lock" ] || return 1
      old=$(field boot)
      if [ -n "$old" ] && [ "$old" != "$boot" ]; then return 0; fi
      run=$(field run)
      case $run in
        '' | .* | *[!A-Za-z0-9._-]*) run= ;;
        *)
          for pid in "$base/$run"/*/pid; do
            [ -f "$pid" ] || continue
            [ ! -f "$(dirname "$pid")/rc" ] || continue
            if kill -0 "$(cat "$pid")" 2>/dev/null; then return 1; fi
          done ;;
      esac
      sign=$lock/beat
      [ -f "$sign" ] || sign=$lock
      [ "$(age "$sign")" -gt ${STALE_AFTER_SEC} ]
    }
    if take; then say taken; return 0; fi
    # Taken in this moment? Then its owner is still writing down who it is.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      if [ -f "$lock/info" ] || [ ! -d "$lock" ]; then break; fi
      sleep 0.1 2>/dev/null || sleep 1
    done
    if [ "$(field run)" = ${info.run} ]; then : > "$lock/beat"; say taken; return 0; fi
    # Only one may take over at a time: a lock that was just taken over must not be removed by a second one.
    if [ -d "$base/takeover" ] && [ "$(age "$base/takeover")" -gt 60 ]; then rmdir "$base/takeover" 2>/dev/null; fi
    if stale && mkdir "$base/takeover" 2>/dev/null; then
      if stale; then
        info=$(cat "$lock/info" 2>/dev/null)
        rm -rf "$lock"
        [ -z "$run" ] || rm -rf "$base/$run"
        if take; then rmdir "$base/takeover"; say taken; printf '%s\n' "$info"; return 0; fi
      fi
      rmdir "$base/takeover"
    fi
    # Given back in this moment?
    if take; then say taken; return 0; fi
    say held
    cat "$lock/info" 2>/dev/null`,
  ]);
}

function reader(nonce: string): {
  onStdout: (chunk: Buffer) => void;
  parse: () => { verb: string; info: LockInfo } | undefined;
} {
  const parser = new FrameParser(nonce);
  let verb: string | undefined;
  let text = '';
  return {
    onStdout: (chunk) => {
      for (const item of parser.feed(chunk)) {
        if (item.kind === 'frame') verb = item.fields[1];
        else if (verb) text += item.data.toString();
      }
    },
    parse: () => {
      if (!verb) return undefined;
      const field = (name: string): string => escapeLine(new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '');
      return { verb, info: { run: field('run'), user: field('user'), host: field('host'), since: field('since') } };
    },
  };
}
