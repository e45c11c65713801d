import { dirname } from 'node:path/posix';
import { Secret } from '../shell/secret.js';
import { joinShell, type Shell, sh } from '../shell/shell.js';
import { fileDiff } from './diff.js';
import { emit, normalMode, sha256 } from './file.js';
import type { ArtifactRef, Task } from './task.js';

export interface CopyOptions {
  readonly id: string;
  readonly title: string;
  /** Text or bytes; a big file comes through the download cache instead. */
  readonly content: string | Uint8Array | Secret | ArtifactRef;
  /** Absolute path of the file. Its directory must exist. */
  readonly dest: string;
  /** Octal. */
  readonly mode: string;
  /** Name or number; absent: the user that writes it. */
  readonly owner?: string;
  readonly group?: string;
}

/** A user's file: always with content and mode, with owner and group where they are named. */
export function copy(o: CopyOptions): Task {
  const { content, dest } = o;
  const mode = normalMode(o.mode);
  const folder = dirname(dest);
  const secret = content instanceof Secret;
  const wanted: [format: string, value: string][] = [['%a', mode]];
  if (o.owner !== undefined) wanted.push([isNumber(o.owner) ? '%u' : '%U', o.owner]);
  if (o.group !== undefined) wanted.push([isNumber(o.group) ? '%g' : '%G', o.group]);
  const format = wanted.map(([f]) => f).join(':');
  const value = wanted.map(([, v]) => v).join(':');
  const write: Shell = isRef(content)
    ? sh`
      src=$(kw_artifact ${content.sha256})
      cp "$src" "$tmp"
      kw_artifact_done ${content.sha256}`
    : sh`${emit(content)} > "$tmp"`;
  const same = secret
    ? sh`${emit(content)} | cmp -s - ${dest}`
    : sh`[ "$(sha256sum < ${dest})" = ${`${isRef(content) ? content.sha256 : sha256(content)}  -`} ]`;
  const owner = [o.owner ?? '', o.group === undefined ? '' : `:${o.group}`].join('');
  return {
    id: o.id,
    title: o.title,
    check: sh`
      [ -f ${dest} ]
      [ ! -L ${dest} ]
      [ "$(stat -c ${format} ${dest})" = ${value} ]
      ${same}`,
    apply: joinShell([
      sh`[ ! -d ${dest} ] || { echo ${`${dest} is a directory; name the file in dest, or end dest with a slash`} >&2; exit 1; }`,
      sh`[ -d ${folder} ] || { echo ${`${folder}: no such directory; copy does not create it`} >&2; exit 1; }`,
      sh`tmp=$(mktemp ${`${dest}.kw-XXXXXX`})`,
      sh`trap 'rm -f "$tmp"' EXIT`,
      write,
      // In this order: chown takes setuid and setgid away.
      ...(owner === '' ? [] : [sh`chown ${owner} "$tmp"`]),
      sh`chmod ${mode} "$tmp"`,
      sh`mv -fT "$tmp" ${dest}`,
    ]),
    ...(isRef(content)
      ? { needs: [content], diff: bigDiff(dest, content) }
      : {
          diff: fileDiff({
            path: dest,
            content: emit(content),
            secret,
            binary: typeof content === 'object',
            meta: { format, wanted: value },
          }),
        }),
    sensitive: secret,
    writes: [dest],
  };
}

function isNumber(owner: string): boolean {
  return /^\d+$/.test(owner);
}

/** For a file that is not on the host to compare with: only that it differs. */
function bigDiff(dest: string, ref: ArtifactRef): Shell {
  return sh`
    if [ -f ${dest} ]; then echo ${`${dest}: `}"$(wc -c < ${dest} | tr -d ' ') bytes become "${ref.size ?? 0}
    else echo ${`new file ${dest}: ${ref.size ?? 0} bytes`}
    fi`;
}

function isRef(content: CopyOptions['content']): content is ArtifactRef {
  return typeof content === 'object' && 'sha256' in content;
}
