// Writes data/go/COMPONENT-VERSION/{go.mod,go.sum} for what data/go/components.yaml lists: every module that a Go bundle is built from, pinned.
// Usage: node scripts/go-pins.mjs [COMPONENT-VERSION…]   (default: those that are missing). Needs Go and a module proxy.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../data/go/', import.meta.url));
// Strings, or 1.30 would be a number.
const table = parse(readFileSync(join(root, 'components.yaml'), 'utf8'), { schema: 'failsafe' });

const wanted = new Set(Object.keys(table.releases).map((v) => `kubernetes-${v}`));
for (const pins of [table.common, table.addons, ...Object.values(table.releases)]) {
  for (const [name, version] of Object.entries(pins)) if (name in table.components) wanted.add(`${name}-${version}`);
}

const asked = process.argv.slice(2);
for (const id of asked.length > 0 ? asked : [...wanted].filter((w) => !existsSync(join(root, w, 'go.sum')))) {
  if (!wanted.has(id)) throw new Error(`${id} is not in components.yaml`);
  pin(id);
}

function pin(id) {
  const name = Object.keys(table.components).find((c) => id.startsWith(`${c}-`));
  const version = id.slice(name.length + 1);
  const component = table.components[name];
  const dir = join(root, id);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const commits = component.commits?.[version];
  const requires = commits ?? Object.fromEntries([component.module, ...(component.with ?? [])].map((m) => [m, `v${version}`]));
  const { go, replace } = upstream(component.module, requires[component.module]);
  const staging = Object.fromEntries(
    replace.filter((r) => component.staging && r.to.startsWith('.')).map((r) => [r.from, `v0${version.slice(1)}`]),
  );
  const replaces = replace
    .filter((r) => !r.to.startsWith('.'))
    .map((r) => `replace ${r.from} => ${r.to}`)
    .concat(Object.entries(staging).map(([m, v]) => `replace ${m} => ${m} ${v}`))
    .concat(Object.entries(commits ?? {}).map(([m, v]) => `replace ${m} => ${m} ${v}`));
  for (const [i, module] of (component.empty ?? []).entries()) {
    mkdirSync(join(dir, 'empty'), { recursive: true });
    writeFileSync(join(dir, 'empty', 'go.mod'), `module ${module}\n\ngo ${go}\n`);
    if (i > 0) throw new Error('one empty module is all that this knows');
    replaces.push(`replace ${module} => ./empty`);
  }
  const lines = [
    `module kubewright/bundle/${name}`,
    // The project's own go line: it sets defaults of the runtime (GODEBUG).
    `go ${go}`,
    ...(component.programs ?? []).map((p) => `tool ${p}`),
    ...Object.entries(requires).map(([m, v]) => `require ${m} ${v}`),
    ...replaces,
  ];
  writeFileSync(join(dir, 'go.mod'), `${lines.join('\n')}\n`);
  process.stderr.write(`${id}: go mod tidy\n`);
  // The checksum database does not know commits without a version; go.sum pins them from here on.
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off', ...(commits ? { GONOSUMDB: Object.keys(commits).join(',') } : {}) };
  execFileSync('go', ['mod', 'tidy'], { cwd: dir, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

function upstream(module, version) {
  const out = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: root,
    env: { ...process.env, GOFLAGS: '-mod=mod', GONOSUMDB: module },
  });
  const text = readFileSync(JSON.parse(out).GoMod, 'utf8').replace(/\/\/.*$/gm, '');
  const replace = [...text.matchAll(/^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s+=>\s+(\S+(?: +\S+)?)\s*$/gm)].map((m) => ({
    from: m[1],
    to: m[2],
  }));
  return { go: /^go (\S+)$/m.exec(text)?.[1], replace };
}
