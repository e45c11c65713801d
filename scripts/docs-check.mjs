// Fails where README and docs name what does not exist: commands, flags, values of flags, scripts of npm, files, headings.
// `node scripts/docs-check.mjs [FILE…]` after `npm run build`.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (path) => readFileSync(path, 'utf8');
const { commands } = JSON.parse(read(join(root, 'oclif.manifest.json')));
const { scripts, files: shipped } = JSON.parse(read(join(root, 'package.json')));
/** How the tool is called in texts. */
const TOOL = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:sudo )?(?:kubewright|npx kubewright|node bin\/run\.js) (.*)$/;
const TOPICS = new Set(Object.keys(commands).flatMap((id) => (id.includes(':') ? [id.split(':')[0]] : [])));

const given = process.argv.slice(2).map((path) => resolve(path));
const docs = readdirSync(join(root, 'docs')).flatMap((f) => (f.endsWith('.md') ? [join(root, 'docs', f)] : []));
const all = given.length > 0 ? given : [...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((f) => join(root, f)), ...docs];
const problems = [...all.flatMap(check), ...(given.length > 0 ? [] : translated('README.md', 'docs/README.ko.md'))];
for (const p of problems) console.error(`error: ${p}`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${all.length} documents: every command and link exists`);

function check(path) {
  const text = read(path);
  const found = [];
  const say = (line, what) => found.push(`${relative(process.cwd(), path)}:${line}: ${what}`);
  let fence;
  text.split('\n').forEach((line, i) => {
    const mark = /^\s*```(\w*)/.exec(line);
    if (mark) fence = fence === undefined ? mark[1] : undefined;
    else if (fence === undefined) prose(line, (what) => say(i + 1, what), path, text);
    else if (['sh', 'bash', 'console', 'text', ''].includes(fence)) commandLine(line, (what) => say(i + 1, what));
  });
  return found;
}

/** A translation has the commands and as many headings as its original. */
function translated(original, translation) {
  const parts = (path) => {
    const text = read(join(root, path));
    const blocks = [...text.matchAll(/^```\w+\n(.*?)^```/gms)].map((m) => m[1].replaceAll(/\s+#.*$/gm, ''));
    return [...blocks, `${text.match(/^## /gm)?.length} headings`];
  };
  const [wanted, found] = [parts(original), parts(translation)];
  const at = wanted.findIndex((part, i) => part !== found[i]);
  if (at < 0 && wanted.length === found.length) return [];
  return [`${translation} is not what ${original} is at: ${wanted[at] ?? found[wanted.length]}`];
}

function prose(line, say, path, text) {
  for (const [, code] of line.matchAll(/`([^`]+)`/g)) commandLine(code, say);
  for (const [, target] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) link(target, say, path, text);
}

function link(target, say, path, text) {
  if (/^[a-z]+:/.test(target)) return;
  const [file, anchor] = target.split('#');
  const full = file === '' ? path : join(dirname(path), file);
  if (!existsSync(full)) {
    say(`there is no ${file}`);
    return;
  }
  const inPackage = relative(root, full);
  const isShipped = shipped.some((f) => inPackage === f || inPackage.startsWith(`${f}/`));
  if (!isShipped && !inPackage.startsWith('..')) say(`${inPackage} is not in the npm package (files of package.json)`);
  if (anchor !== undefined && statSync(full).isFile() && !anchors(file === '' ? text : read(full)).has(anchor))
    say(`${file || 'this file'} has no heading #${anchor}`);
}

/** Headings as GitHub names them. */
function anchors(text) {
  const headings = text.split('\n').flatMap((l) => /^#+ (.*)$/.exec(l)?.[1] ?? []);
  return new Set(
    headings.map((h) =>
      h
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

function commandLine(line, say) {
  for (const [, script] of line.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g))
    if (!scripts[script]) say(`package.json has no script ${script}`);
  const plain = line.replace(/\s+#.*$/, '').replace(/^\s+/, '');
  for (const part of plain.split(/\s*(?:&&|\|\||;|\|)\s*/)) {
    const rest = TOOL.exec(part)?.[1];
    if (rest !== undefined) tool(rest, say);
  }
}

function tool(rest, say) {
  const words = rest.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  if (words[0] === undefined || /^(--version|--help|-v|-V|-h|help|version)$/.test(words[0]) || /^[A-Z…[<]/.test(words[0])) return;
  if (TOPICS.has(words[0]) && words.length === 1) return;
  const id = [words.slice(0, 2).join(':'), words[0]].find((name) => Object.hasOwn(commands, name));
  if (id === undefined) {
    say(`there is no command ${words.slice(0, TOPICS.has(words[0]) ? 2 : 1).join(' ')}`);
    return;
  }
  const command = commands[id];
  const flags = Object.values(command.flags);
  let args = 0;
  const left = words.slice(id.split(':').length);
  while (left.length > 0) {
    const word = left.shift();
    if (word === '--' || /^[<>]/.test(word)) break;
    if (!/^-/.test(word)) {
      args++;
      continue;
    }
    const [name, inline] = word.replace(/[,.…\])]+$/, '').split(/=(.*)/s);
    // -v, -vv and -vvv.
    if (/^-v+$/.test(name) && command.flags.verbose) continue;
    if (name === '--help' || name === '-h' || name === '') continue;
    const flag = flags.find((f) => name === `--${f.name}` || name === `-${f.char}` || (f.allowNo && name === `--no-${f.name}`));
    if (!flag) {
      say(`${id.replace(':', ' ')} has no flag ${name}`);
      continue;
    }
    if (flag.type !== 'option') continue;
    const value = inline ?? left.shift();
    if (flag.options && value !== undefined && /^[a-z]/.test(value) && !value.split('|').every((v) => flag.options.includes(v)))
      say(`${name} ${value}: it is one of ${flag.options.join(', ')}`);
  }
  const most = command.strict === false ? Number.POSITIVE_INFINITY : Object.keys(command.args).length;
  if (args > most) say(`${id.replace(':', ' ')} takes ${most === 0 ? 'no arguments' : `at most ${most}`}`);
}
