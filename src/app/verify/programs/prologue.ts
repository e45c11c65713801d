import { rawShell } from '../../../shell/shell.js';

/** One finding per line, `key<TAB>value…`; line breaks in a value become spaces. */
export const PROLOGUE = rawShell(`LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin:/opt/bin; export PATH
flat() { tr -s '\\n\\t\\r' '   ' | cut -c1-600; }
say() { k=$1; shift; for v in "$@"; do k="$k	$v"; done; printf '%s\\n' "$k"; }
have() { command -v "$1" >/dev/null 2>&1; }`);
