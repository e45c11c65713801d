import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { InterruptedError, KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import type { BuildContext } from './context.js';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to a small, fixed environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of output; what it returns becomes a progress event. */
  readonly onLine?: (line: string) => { readonly text: string; readonly done?: number; readonly of?: number } | undefined;
}

/** A heartbeat while a program is silent, so that the build does not seem to hang. Seconds. */
const HEARTBEAT_SEC = 10;

/**
 * Runs a program of a stage; its output goes to the build's log. It ends with this process (pdeathsig) and
 * with the signal. It has mount and process namespaces of its own, so that no mount and no child is left
 * behind, however it ends.
 * @throws KubewrightError with the stage, the last lines and the log file; InterruptedError after an abort.
 */
export async function run(ctx: BuildContext, program: string, args: readonly string[], o: RunOptions = {}): Promise<void> {
  await runIn(ctx, ['--mount-proc'], [program, ...args], o);
}

/** The same inside a root directory, with a /proc and no other part of this machine. */
export async function runInRoot(ctx: BuildContext, root: string, argv: readonly string[], o: RunOptions = {}): Promise<void> {
  await runIn(ctx, [`--mount-proc=${root}/proc`], ['chroot', root, ...argv], o);
}

async function runIn(ctx: BuildContext, unshare: readonly string[], argv: readonly string[], o: RunOptions): Promise<void> {
  if (ctx.signal?.aborted) throw interrupted(ctx);
  const log = createWriteStream(ctx.logFile, { flags: 'a' });
  log.write(`\n+ [${ctx.stage}] ${argv.join(' ')}\n`);
  const isolate = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', ...unshare];
  const child = spawn('setpriv', [...isolate, ...argv], {
    cwd: o.cwd,
    env: { ...baseEnv(ctx), ...o.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // unshare ignores SIGTERM while it waits; if killed, it ends its whole process namespace.
  const kill = () => child.kill('SIGKILL');
  ctx.signal?.addEventListener('abort', kill);
  const started = Date.now();
  let told = started;
  let latest = '';
  const beat = setInterval(() => {
    if (Date.now() - told < HEARTBEAT_SEC * 1000) return;
    told = Date.now();
    ctx.progress(`${Math.round((told - started) / 1000)} s${latest && `: ${latest}`}`);
  }, 1000);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      latest = line.trim().slice(0, 100) || latest;
      const said = o.onLine?.(line);
      if (!said) return;
      told = Date.now();
      ctx.progress(said.text, said.done, said.of);
    });
  }
  try {
    const how = await new Promise<string | undefined>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code === 0 ? undefined : signal ? `killed by ${signal}` : `exit code ${code}`));
    }).catch((cause: Error) => cause.message);
    await new Promise<void>((done) => log.end(done));
    if (ctx.signal?.aborted) throw interrupted(ctx);
    if (how) throw await failed(ctx, argv[0] ?? '', how);
  } finally {
    clearInterval(beat);
    ctx.signal?.removeEventListener('abort', kill);
  }
}

function baseEnv(ctx: BuildContext): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    HOME: '/root',
    TMPDIR: ctx.tmpDir,
    DEBIAN_FRONTEND: 'noninteractive',
  };
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = process.env[name];
    if (value) env[name] = value;
  }
  return env;
}

export function interrupted(ctx: BuildContext): InterruptedError {
  return new InterruptedError({
    what: `The bundle build was stopped in stage "${ctx.stage}"`,
    fix: 'Start it again: finished stages are kept',
  });
}

async function failed(ctx: BuildContext, program: string, how: string): Promise<KubewrightError> {
  const lines = (await readFile(ctx.logFile, 'utf8')).trimEnd().split('\n').slice(-15);
  return new KubewrightError({
    what: `The bundle build failed in stage "${ctx.stage}": ${program} ended with ${how}`,
    where: wholeFile(ctx.logFile),
    why: lines.join('\n'),
    fix: 'Read the log file, fix the cause and start it again: finished stages are kept',
  });
}
