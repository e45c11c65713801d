import { joinShell, rawShell, type Shell, sh } from '../shell/shell.js';

/** Longer diffs are cut, with a note. */
export const DIFF_LINES = 400;
const DIFF_COLUMNS = 1000;

export interface FileDiffOptions {
  readonly path: string;
  /** Shell that prints what the file must contain. */
  readonly content: Shell;
  /** The content is secret: only that it differs is shown, and by how many bytes. */
  readonly secret?: boolean;
  /** The new content is known not to be text. */
  readonly binary?: boolean;
  /** What `stat -c FORMAT` must print afterwards; absent: it does not change. */
  readonly meta?: { readonly format: string; readonly wanted: string };
}

/**
 * What would change in one file, as git shows it: `--- a/PATH`, `+++ b/PATH`, `new file`, changed mode and owner, binary files
 * by their sizes. A link is replaced where mode or owner are given, and its target stays; otherwise it is written through. Needs
 * awk, cmp, stat and diff of any kind; without diff it says so. Never fails.
 */
export function fileDiff(o: FileDiffOptions): Shell {
  const { path, content, meta } = o;
  return joinShell([
    sh`f=${path} old=${path} from=${`a${path}`}`,
    ...(meta ? [sh`want=${meta.wanted} have=$(stat -c ${meta.format} -- "$f" 2>/dev/null || :)`] : [sh`want= have=`]),
    sh`
      if [ -L "$f" ] && [ -n "$want" ]; then
        old=/dev/null from=/dev/null
        echo ${`${path} is a link to `}"$(readlink "$f") and becomes a file ($want)"
      elif [ ! -f "$f" ]; then
        old=/dev/null from=/dev/null
        echo ${`new file ${path}`}"$([ -z "$want" ] || echo " ($want)")"
      elif [ -n "$want" ] && [ "$have" != "$want" ]; then
        echo ${`${path}: `}"$have becomes $want"
      fi`,
    o.secret
      ? sh`
      bytes=$(${content} | wc -c)
      ${content} | cmp -s - "$old" || echo ${`${path}: the content differs and is not shown`}" ($(wc -c < "$old" | tr -d ' ') bytes become $(echo $bytes))"`
      : joinShell([
          sh`
      new=$(mktemp "\${KW_DIR:-/tmp}/diff.XXXXXX")
      trap 'rm -f "$new"' EXIT
      ${content} > "$new"`,
          unified(o.binary ? sh`true` : sh`! is_text "$new" || ! is_text "$old"`, path),
        ]),
  ]);
}

function unified(binary: Shell, path: string): Shell {
  return sh`
      is_text() { tr -d '\\000' < "$1" | cmp -s - "$1"; }
      if cmp -s "$old" "$new"; then
        :
      elif ${binary}; then
        echo ${`binary file ${path}`}": $(wc -c < "$old" | tr -d ' ') bytes become $(wc -c < "$new" | tr -d ' ')"
      elif ! command -v diff >/dev/null; then
        echo ${`${path} changes`}": $(wc -l < "$old" | tr -d ' ') lines become $(wc -l < "$new" | tr -d ' '); there is no diff program on this machine to show how"
      else
        diff -u -L "$from" -L ${`b${path}`} "$old" "$new" | awk -v most=${DIFF_LINES} -v wide=${DIFF_COLUMNS} '
          NR <= most { if (length($0) > wide) $0 = substr($0, 1, wide) "…"; print }
          END { if (NR > most) printf "… %d more lines are not shown\\n", NR - most }'
      fi`;
}

/** How a directory is checked. */
interface FolderMeta {
  /** Of stat: `-c`, or `-Lc` where a link counts as what it points to. */
  readonly option: string;
  readonly format: string;
  readonly wanted: string;
}

/** Directories that would be made, or have another mode or owner. */
export function folderDiff(paths: readonly string[], o: FolderMeta): Shell {
  const { option, format, wanted } = o;
  return sh`
    for f in ${paths}; do
      have=$(stat ${option} ${format} -- "$f" 2>/dev/null || :)
      if [ -z "$have" ]; then echo "new directory $f (${plain(wanted)})"
      elif [ "$have" != ${wanted} ]; then echo "$f: $have becomes ${plain(wanted)}"
      fi
    done`;
}

/** Constant text inside of double quotes. */
function plain(text: string): Shell {
  if (!/^[\w:. -]*$/.test(text)) throw new TypeError(`not plain: ${text}`);
  return rawShell(text);
}
