import { createHash } from 'node:crypto';
import { Secret } from '../shell/secret.js';
import { rawShell, type Shell, sh } from '../shell/shell.js';
import { fileDiff, folderDiff } from './diff.js';
import type { Task } from './task.js';

export interface FileOptions {
  readonly id: string;
  readonly title: string;
  /** Absolute path on the host; its directory must exist. */
  readonly path: string;
  readonly content: string | Secret;
  /** Octal, as chmod takes it; default 0644, 0600 for a secret. */
  readonly mode?: string;
  /** `user:group`; default root:root. */
  readonly owner?: string;
  readonly hint?: string;
}

/** A file with exactly this content, mode and owner. Written beside its place and renamed, so it is never incomplete. */
export function file(o: FileOptions): Task {
  const secret = o.content instanceof Secret;
  const mode = normalMode(o.mode ?? (secret ? '0600' : '0644'));
  const owner = o.owner ?? 'root:root';
  const content = emit(o.content);
  const same =
    o.content instanceof Secret
      ? sh`${content} | cmp -s - ${o.path}`
      : sh`[ "$(sha256sum < ${o.path})" = ${`${sha256(o.content)}  -`} ]`;
  return {
    id: o.id,
    title: o.title,
    check: sh`
      [ -f ${o.path} ]
      [ ! -L ${o.path} ]
      [ "$(stat -c %a:%U:%G ${o.path})" = ${`${mode}:${owner}`} ]
      ${same}`,
    apply: sh`
      tmp=$(mktemp ${`${o.path}.kw-XXXXXX`})
      trap 'rm -f "$tmp"' EXIT
      ${content} > "$tmp"
      chmod ${mode} "$tmp"
      chown ${owner} "$tmp"
      mv -fT "$tmp" ${o.path}`,
    diff: fileDiff({ path: o.path, content, secret, meta: { format: '%a:%U:%G', wanted: `${mode}:${owner}` } }),
    sensitive: secret,
    writes: [o.path],
    hint: o.hint,
  };
}

export interface DirectoryOptions {
  readonly id: string;
  readonly title: string;
  readonly paths: readonly string[];
  /** Default 0755. */
  readonly mode?: string;
  readonly owner?: string;
  /** A link to a directory counts as one. */
  readonly mayBeLinks?: boolean;
}

/** Several directories with one mode and owner. */
export function directories(o: DirectoryOptions): Task {
  const mode = normalMode(o.mode ?? '0755');
  const owner = o.owner ?? 'root:root';
  // Five digits: with fewer GNU chmod keeps the setgid bit that a directory inherited.
  const digits = mode.padStart(5, '0');
  const option = o.mayBeLinks ? '-Lc' : '-c';
  return {
    id: o.id,
    title: o.title,
    check: sh`for d in ${o.paths}; do [ "$(stat ${option} %F:%a:%U:%G -- "$d")" = ${`directory:${mode}:${owner}`} ]; done`,
    apply: sh`
      mkdir -p -- ${o.paths}
      chmod ${digits} -- ${o.paths}
      chown ${owner} -- ${o.paths}`,
    diff: folderDiff(o.paths, { option, format: '%F:%a:%U:%G', wanted: `directory:${mode}:${owner}` }),
  };
}

export interface BlockOptions {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  /** Tells it apart from other blocks in the same file. */
  readonly marker: string;
  /** Lines without a final newline. */
  readonly content: string;
}

/** A marked block in a file that others write too (/etc/hosts). What is around it stays, byte for byte. */
export function block(o: BlockOptions): Task {
  const begin = `# BEGIN kubewright ${o.marker}`;
  const end = `# END kubewright ${o.marker}`;
  const whole = `${begin}\n${o.content}\n${end}`;
  // Written in place: /etc/hosts can be a bind mount, which cannot be renamed over.
  const wanted = sh`{
      [ ! -f ${o.path} ] || awk -v b=${begin} -v e=${end} '$0 == b {skip = 1} !skip {print} $0 == e {skip = 0}' ${o.path}
      printf '%s\n' ${whole}
    }`;
  return {
    id: o.id,
    title: o.title,
    check: sh`[ "$(awk -v b=${begin} -v e=${end} '$0 == b {on = 1} on {print} $0 == e {on = 0}' ${o.path})" = ${whole} ]`,
    apply: sh`
      tmp=$(mktemp)
      trap 'rm -f "$tmp"' EXIT
      ${wanted} > "$tmp"
      cat "$tmp" > ${o.path}`,
    diff: fileDiff({ path: o.path, content: wanted }),
    writes: [o.path],
  };
}

/** Shell that prints the content. printf is built in: no argument list of a process ever shows it. */
export function emit(content: string | Uint8Array | Secret): Shell {
  if (content instanceof Uint8Array) return sh`printf %s ${Buffer.from(content).toString('base64')} | base64 -d`;
  return content instanceof Secret ? sh`kw_secret ${rawShell(content.name)}`.with(content) : sh`printf '%s' ${content}`;
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `0644` → `644`, `0000` → `0`: as stat prints it. */
export function normalMode(mode: string): string {
  if (!/^0?[0-7]{3,4}$/.test(mode)) throw new TypeError(`not a file mode: ${mode}`);
  return mode.replace(/^0+(?=[0-7])/, '');
}
