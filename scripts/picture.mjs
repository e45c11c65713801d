// Runs a command on a terminal of tmux and writes what it left there as an SVG: the pictures in docs/pictures.
// `node scripts/picture.mjs OUT.svg [--columns N] [--rows N] [--cwd DIR] -- COMMAND…`; `-` as COMMAND reads a recorded session from stdin.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const args = process.argv.slice(2);
const end = args.indexOf('--');
const [out, ...flags] = args.slice(0, end);
const command = args.slice(end + 1);
if (end < 1 || out === undefined || command.length === 0) {
  console.error('usage: node scripts/picture.mjs OUT.svg [--columns N] [--rows N] [--cwd DIR] -- COMMAND…');
  process.exit(2);
}
const option = (name, usual) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : usual);
const columns = Number(option('--columns', '100'));
const rows = Number(option('--rows', '40'));
const recorded = command[0] === '-' ? readFileSync(0, 'utf8') : record();
writeFileSync(out, svg(recorded));

/** The screen with its colours, once the command has ended. */
function record() {
  const socket = `kubewright-picture-${process.pid}`;
  const tmux = (...words) => {
    const done = spawnSync('tmux', ['-L', socket, ...words], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`tmux ${words[0]}: ${done.stderr || done.error}`);
    return done.stdout;
  };
  const typed = command.join(' ');
  const line = `printf '$ %s\\n' ${quote(typed)}; ${typed}; tmux -L ${socket} wait-for -S done; exec sleep 3600`;
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', option('--cwd', '.'), `sh -c ${quote(line)}`);
  try {
    tmux('wait-for', 'done');
    return tmux('capture-pane', '-e', '-p', '-S', '-').replace(/\n+$/, '\n');
  } finally {
    tmux('kill-server');
  }
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function svg(text) {
  const [WIDTH, HEIGHT, SIZE] = [8.43, 19, 14];
  const lines = text.replace(/\n$/, '').split('\n').map(spans);
  const height = lines.length * HEIGHT + 56;
  const width = Math.round(columns * WIDTH + 36);
  const body = lines.map((line, i) => {
    const parts = line.map((s) => `<tspan x="${(18 + s.column * WIDTH).toFixed(2)}"${style(s)}>${escaped(s.text)}</tspan>`);
    return parts.length === 0 ? '' : `<text y="${52 + i * HEIGHT}">${parts.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${SIZE}">
<rect width="100%" height="100%" rx="9" fill="#14181f"/><circle cx="22" cy="18" r="6" fill="#e0605e"/><circle cx="42" cy="18" r="6" fill="#dfa940"/><circle cx="62" cy="18" r="6" fill="#58b368"/>
<g fill="#d7dce5">
${body.filter((l) => l !== '').join('\n')}
</g></svg>
`;
}

/** Pieces of one style: text, column, and what SGR says. */
function spans(line) {
  const found = [];
  let state = {};
  let column = 0;
  for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
    if (text === undefined) state = sgr(state, codes);
    else {
      // Each column of a table gets a place of its own: viewers fold spaces.
      for (const { 0: piece, index } of text.matchAll(/\S+(?: \S+)*/g))
        found.push({ ...state, text: piece, column: column + [...text.slice(0, index)].length });
      column += [...text].length;
    }
  }
  return found;
}

function sgr(state, codes) {
  const next = { ...state };
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) for (const key of Object.keys(next)) delete next[key];
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 39) next.colour = undefined;
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next.colour = code % 10;
  }
  return next;
}

function style({ colour, bold, dim }) {
  const COLOURS = ['#687184', '#ef6b6b', '#66c98a', '#e6b450', '#6ea8fe', '#c792ea', '#5ccfe6', '#ffffff'];
  return `${colour === undefined ? '' : ` fill="${COLOURS[colour]}"`}${bold ? ' font-weight="700"' : ''}${dim ? ' opacity="0.65"' : ''}`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
