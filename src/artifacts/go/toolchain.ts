import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { KubewrightError } from '../../base/errors.js';
import { goTable } from './table.js';

const exec = promisify(execFile);

/** The Go that builds a bundle. */
export interface GoToolchain {
  /** The `go` command. */
  readonly program: string;
  /** The version that compiles: that of the command, or a newer one that it fetched. */
  readonly version: string;
  /** For every call: which toolchain, which caches, which proxies. */
  readonly env: Readonly<Record<string, string>>;
  readonly moduleCache: string;
  readonly buildCache: string;
}

/** A toolchain is some 70 MB. */
const FETCH_TIMEOUT_MS = 180_000;

/** What of the user's Go settings reaches a build: where modules come from and where they are kept, nothing that changes a program. */
const PASSED_ON = [
  'GOPROXY',
  'GONOPROXY',
  'GOPRIVATE',
  'GOSUMDB',
  'GONOSUMDB',
  'GOINSECURE',
  'GOMODCACHE',
  'GOCACHE',
  'GOAUTH',
] as const;

/**
 * Go of the table's oldest version or newer, from the PATH or /usr/local/go. A Go from 1.21 on that is older fetches one,
 * unless GOTOOLCHAIN=local forbids it.
 *
 * @throws KubewrightError that says which Go was found and what to install.
 */
export async function findGo(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<GoToolchain> {
  const { oldest, fetched } = goTable().go;
  const program = await goProgram(env);
  if (program === undefined) throw noGo('Go is not installed on this host', 'It is neither in the PATH nor in /usr/local/go');
  const local = await settings(program, { ...env, GOTOOLCHAIN: 'local' }, signal);
  const version = local.GOVERSION?.replace(/^go/, '').split(' ')[0] ?? '';
  const asked = env.GOTOOLCHAIN;
  const toolchain = asked ?? (atLeast(version, oldest) ? 'local' : atLeast(version, '1.21') ? `go${fetched}` : undefined);
  if (toolchain === undefined || (toolchain === 'local' && !atLeast(version, oldest))) {
    throw noGo(`Go ${version} is too old for this`, `${program} is older than ${oldest}`);
  }
  const used = await settings(program, { ...env, GOTOOLCHAIN: toolchain }, signal).catch((cause: Error) => {
    signal?.throwIfAborted();
    const old = atLeast(version, oldest) ? 'GOTOOLCHAIN asks for another Go' : `Go ${version} is too old for this`;
    throw noGo(`${old}, and ${toolchain} cannot be fetched`, lastLine(cause));
  });
  const usedVersion = used.GOVERSION?.replace(/^go/, '').split(' ')[0] ?? '';
  if (!atLeast(usedVersion, oldest)) throw noGo(`Go ${usedVersion} is too old for this`, `GOTOOLCHAIN=${toolchain}`);
  const passed = PASSED_ON.flatMap((name) => (used[name] ? [[name, used[name]] as const] : []));
  return {
    program,
    version: usedVersion,
    env: {
      ...Object.fromEntries(passed),
      GOTOOLCHAIN: toolchain,
      // Everything else that a go.env, a workspace or the environment could change.
      GOENV: 'off',
      GOFLAGS: '',
      GOWORK: 'off',
      GO111MODULE: 'on',
      GOEXPERIMENT: '',
      GOAMD64: 'v1',
      GOARM64: 'v8.0',
      CGO_ENABLED: '0',
    },
    moduleCache: used.GOMODCACHE ?? '',
    buildCache: used.GOCACHE ?? '',
  };
}

/** Asks for no more than the module's version. @throws KubewrightError with Go's own words where it cannot be had. */
export async function needModule(
  go: GoToolchain,
  { module, version }: { readonly module: string; readonly version: string },
  signal?: AbortSignal,
): Promise<void> {
  const env = { ...plainEnv(process.env), ...go.env, GOFLAGS: '-mod=mod' };
  const list = exec(go.program, ['list', '-m', `${module}@${version}`], { cwd: '/', env, timeout: 30_000, signal });
  await list.catch((cause: Error) => {
    signal?.throwIfAborted();
    throw new KubewrightError({
      what: 'The Go module proxy does not answer',
      where: go.env.GOPROXY,
      why: lastLine(cause),
      fix: 'Check the network and `go env GOPROXY`; behind a proxy set HTTPS_PROXY',
      cause,
    });
  });
}

/** `1.26.8` is at least `1.26`; `1.27rc1` as well. */
export function atLeast(version: string, oldest: string): boolean {
  const numbers = (v: string) => v.split(/\D+/).map(Number);
  const [a, b] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return version !== '';
}

async function goProgram(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const dirs = [...(env.PATH ?? '').split(delimiter).filter((d) => d.startsWith('/')), '/usr/local/go/bin'];
  for (const dir of dirs) {
    const file = join(dir, 'go');
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

async function settings(
  program: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Record<string, string | undefined>> {
  // In the root directory: a go.mod around the user's directory must not choose the toolchain.
  const { stdout } = await exec(program, ['env', '-json'], { cwd: '/', env: plainEnv(env), timeout: FETCH_TIMEOUT_MS, signal });
  return JSON.parse(stdout) as Record<string, string>;
}

/** Under sudo HOME may be missing, and Go needs it for its caches. */
function plainEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { HOME: '/root', ...env };
}

function noGo(what: string, why: string): KubewrightError {
  const { oldest } = goTable().go;
  return new KubewrightError({
    what,
    why,
    fix: `Install Go ${oldest} or newer (https://go.dev/dl), or take --from debian, which needs none`,
  });
}

function lastLine(error: Error): string {
  const text = (error as { stderr?: string }).stderr?.trim() || error.message;
  return text.split('\n').at(-1) ?? text;
}
