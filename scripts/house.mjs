// Holds the structure of src/ and fails where it is broken:
// - between the entries (files and directories) of one directory, imports run one way: no circles, no arrow up
// - the layers below import only what the table allows
// - app and inventory stay within 4 floors (a floor stands above everything that it imports)
// - a directory holds more than a dozen files only where they are entries of one list
// `node scripts/house.mjs -v` prints the floors of each directory.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const SRC = join(import.meta.dirname, '..', 'src');
const MOST_FILES = 12;
const MOST_FLOORS = { app: 4, inventory: 4 };
/** Directories whose files are entries of one list. */
const LISTS = ['tasks', 'commands', 'commands/lab'];
/** What each directory of src may import. */
const LAYERS = {
  base: [],
  shell: ['base'],
  tasks: ['base', 'shell'],
  shortcuts: ['base'],
  facts: ['base', 'shell'],
  inventory: ['base', 'shell'],
  playbook: ['base', 'shell', 'inventory'],
  cluster: ['base', 'shell', 'facts', 'inventory'],
  kubeadm: ['base', 'shell', 'tasks', 'facts', 'inventory', 'cluster', 'pki'],
  pki: ['base', 'shell', 'tasks', 'facts', 'inventory', 'cluster'],
  roles: ['base', 'shell', 'shortcuts', 'tasks', 'facts', 'inventory', 'cluster', 'kubeadm', 'pki'],
  transport: ['base', 'shell'],
  engine: ['base', 'shell', 'tasks', 'transport'],
  artifacts: ['base', 'shell'],
  lab: ['base', 'shell', 'inventory', 'artifacts'],
  ui: ['base', 'shell', 'engine'],
  app: [
    'base',
    'shell',
    'shortcuts',
    'tasks',
    'facts',
    'inventory',
    'playbook',
    'cluster',
    'kubeadm',
    'pki',
    'roles',
    'transport',
    'engine',
    'artifacts',
    'lab',
    'ui',
  ],
  commands: ['base', 'app'],
  cli: ['base', 'commands'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
const known = new Set(files);
/** file → files that it imports */
const imports = new Map(
  files.map((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const found = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.{1,2}\/[^']+)\.js'/g)].map((m) =>
      normalize(join(dirname(file), `${m[1]}.ts`)),
    );
    return [file, found.filter((f) => known.has(f))];
  }),
);

const problems = [];
const verbose = process.argv.includes('-v');
for (const [file, targets] of imports) {
  const layer = top(file);
  const allowed = LAYERS[layer];
  if (!allowed) problems.push(`src/${file}: ${layer} has no row in LAYERS`);
  for (const target of targets) {
    if (allowed && top(target) !== layer && !allowed.includes(top(target)))
      problems.push(`src/${file} imports src/${target}: ${layer} may import ${allowed.join(', ') || 'nothing'}`);
  }
}
for (const dir of directories(SRC)) check(dir);
if (problems.length > 0) {
  console.error(problems.map((p) => `error: ${p}`).join('\n'));
  process.exitCode = 1;
}

function top(file) {
  return file.split('/')[0];
}

function directories(dir) {
  const below = readdirSync(dir)
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isDirectory());
  return [relative(SRC, dir), ...below.flatMap(directories)];
}

function check(dir) {
  const prefix = dir === '' ? '' : `${dir}/`;
  const entryOf = (file) => (file.startsWith(prefix) ? file.slice(prefix.length).split('/')[0] : undefined);
  /** entry → (entry → example of an import) */
  const arrows = new Map();
  for (const file of files) {
    const from = entryOf(file);
    if (from === undefined) continue;
    if (!arrows.has(from)) arrows.set(from, new Map());
    for (const target of imports.get(file)) {
      const to = entryOf(target);
      if (to !== undefined && to !== from) arrows.get(from).set(to, `src/${file} → src/${target}`);
    }
  }
  const floors = new Map();
  const path = [];
  const floor = (entry) => {
    const done = floors.get(entry);
    if (done !== undefined) return done;
    if (path.includes(entry)) {
      const circle = [...path.slice(path.indexOf(entry)), entry];
      const why = circle.slice(1).map((to, i) => arrows.get(circle[i]).get(to));
      problems.push(`src/${dir}: circle ${circle.join(' → ')}\n  ${why.join('\n  ')}`);
      return 0;
    }
    path.push(entry);
    const height = 1 + Math.max(0, ...[...arrows.get(entry).keys()].map(floor));
    path.pop();
    floors.set(entry, height);
    return height;
  };
  const highest = Math.max(0, ...[...arrows.keys()].map(floor));
  if (verbose) console.log(`src/${dir}: ${highest} ${highest === 1 ? 'floor' : 'floors'}`);
  const most = MOST_FLOORS[dir];
  if (most !== undefined && highest > most) {
    const rows = [...floors].sort((a, b) => b[1] - a[1]).map(([entry, n]) => `${n} ${entry}`);
    problems.push(`src/${dir} has ${highest} floors, at most ${most} are allowed:\n  ${rows.join('\n  ')}`);
  }
  const count = files.filter((f) => dirname(f) === (dir === '' ? '.' : dir)).length;
  if (count > MOST_FILES && !LISTS.includes(dir))
    problems.push(`src/${dir} holds ${count} files, at most ${MOST_FILES} are allowed`);
}
