import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { orderlyIni, orderlyVars, orderlyYaml } from './orderly.js';
import {
  GROUPS,
  groupName,
  hostPattern,
  iniText,
  number,
  shellValue,
  special,
  varName,
  word,
  yamlFlow,
  yamlValue,
} from './values.js';

/** Files by their path in the folder of the inventory, and what is given to read them. */
export interface RandomInventory {
  readonly files: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly extra: readonly string[];
  readonly playbook: boolean;
}

export function writeInventory(dir: string, i: RandomInventory): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const [name, text] of Object.entries(i.files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith('#!')) chmodSync(path, 0o755);
  }
}

const hostLine = fc
  .tuple(hostPattern, fc.array(fc.tuple(varName, shellValue), { maxLength: 3 }))
  .map(([h, vars]) => [h, ...vars.map(([k, v]) => `${k}=${v}`)].join(' '));
const varLine = fc.tuple(varName, fc.constantFrom('=', ' = ', '= '), iniText).map((p) => p.join(''));
const odd = fc.constantFrom('', '   ', '# comment', '; comment', '\t# x', '[web] # c', '[', 'a b', '[a:b]', 'x=');

const section = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(groupName, fc.array(hostLine, { maxLength: 4 })).map(([g, l]) => [`[${g}]`, ...l]) },
  { weight: 2, arbitrary: fc.tuple(groupName, fc.array(groupName, { maxLength: 3 })).map(([g, l]) => [`[${g}:children]`, ...l]) },
  { weight: 2, arbitrary: fc.tuple(groupName, fc.array(varLine, { maxLength: 4 })).map(([g, l]) => [`[${g}:vars]`, ...l]) },
  { weight: 1, arbitrary: fc.array(odd, { maxLength: 1 }) },
);

/** Most declare their groups first, or nearly all would be refused. */
const ini = fc
  .tuple(
    fc.array(hostLine, { maxLength: 2 }),
    fc.boolean(),
    fc.array(section, { maxLength: 7 }),
    fc.constantFrom('\n', '\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([first, declare, sections, end, last]) => {
    const declared = declare ? GROUPS.filter((g) => g !== 'all' && g !== 'ungrouped').map((g) => `[${g}]`) : [];
    return [...first, ...declared, ...sections.flat()].join(end) + (last ? end : '');
  });

const yamlVars = (indent: string) =>
  fc
    .array(
      fc.tuple(
        fc.oneof({ weight: 9, arbitrary: varName }, { weight: 1, arbitrary: fc.constantFrom('1', '~', '"q"') }),
        yamlValue,
      ),
      { maxLength: 4 },
    )
    .map((v) => v.map(([k, x]) => `${indent}${k}: ${x}\n`).join(''));

const yamlGroup = fc
  .tuple(
    groupName,
    fc.array(
      fc.tuple(
        hostPattern.map((h) => `'${h}'`),
        fc.oneof(
          fc.constant(''),
          fc.constant('{}'),
          yamlVars('').map((v) => v),
        ),
      ),
      { maxLength: 3 },
    ),
    yamlVars('      '),
    fc.uniqueArray(groupName, { maxLength: 2 }),
    fc.constantFrom('', '', '', '    hostz: {h: }\n', '    vars2: 5\n'),
  )
  .map(([g, hosts, vars, children, more]) => {
    const lines = [`  '${g}':\n`, more];
    if (hosts.length > 0) {
      lines.push('    hosts:\n');
      for (const [h, v] of hosts)
        lines.push(`      ${h}:${v === '' || v === '{}' ? ` ${v}` : `\n${v.replaceAll(/^/gm, '        ').trimEnd()}`}\n`);
    }
    if (vars !== '') lines.push(`    vars:\n${vars}`);
    if (children.length > 0) lines.push('    children:\n', ...children.map((c) => `      '${c}':\n`));
    return lines.join('').replaceAll(/^ {2}/gm, '');
  });
const yaml = fc.array(yamlGroup, { minLength: 1, maxLength: 5 }).map((g) => g.join(''));

const varsFile = fc.oneof(
  yamlVars(''),
  yamlVars(''),
  fc
    .array(fc.tuple(fc.constantFrom('8080', '80', 'on', '"10"', 'a', '1.5'), yamlValue), { maxLength: 2 })
    .map((v) => v.map(([k, x]) => `${k}: ${x}\n`).join('')),
  fc.constantFrom('', '---\n', '# c\n', '- a\n', '{"a": 1e3, "b": [1.0, {"c": null}]}', 'a: &x {b: 1}\nb:\n  <<: *x\n  c: 2\n'),
);
const varsPlace = fc
  .tuple(
    fc.constantFrom('', '', '', 'play/', 'dir/', 'sub/'),
    fc.oneof(
      fc.tuple(fc.constant('group_vars'), groupName),
      fc.tuple(fc.constant('host_vars'), fc.constantFrom('h1', 'h2', 'n1', 'web', 'w01', 'localhost')),
    ),
    fc.constantFrom('', '.yml', '.yaml', '.json', '/a.yml', '/b', '/sub/c.json', '/.hidden', '/x~', '/y.txt', '/s.d/z.yml'),
  )
  .map(([base, [kind, name], extension]) => `${base}${kind}/${name}${extension}`);

interface Contents {
  readonly ini: fc.Arbitrary<string>;
  readonly yaml: fc.Arbitrary<string>;
  readonly vars: fc.Arbitrary<string>;
  /** A second file under a name that it is read by; any text under any name otherwise. */
  readonly second: fc.Arbitrary<[string, string]>;
  readonly list: fc.Arbitrary<string | undefined>;
}

const extra = fc.oneof(
  fc
    .tuple(
      varName,
      fc.oneof(
        word,
        number,
        special.filter((t) => !/[\s'{]/.test(t)),
      ),
    )
    .map(([k, v]) => `${k}=${v}`),
  fc.tuple(varName, yamlFlow).map(([k, v]) => `{${k}: ${v}}`),
  fc.constantFrom('a="two words" b=\'x\'', '{"b": 1.0}'),
);

function inventories(c: Contents): fc.Arbitrary<RandomInventory> {
  const first = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom('hosts.ini', 'hosts', 'hosts.txt'), c.ini) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom('hosts.yml', 'hosts.yaml', 'hosts2'), c.yaml) },
  );
  return fc
    .tuple(
      first,
      fc.option(c.second, { nil: undefined }),
      fc.array(fc.tuple(varsPlace, c.vars), { maxLength: 4 }),
      fc.array(extra, { maxLength: 1 }),
      c.list,
      fc.boolean(),
    )
    .map(([[name, text], second, vars, extra, list, playbook]) => {
      const files: Record<string, string> = { [name]: text };
      const sources: string[] = [name];
      if (second) {
        files[second[0]] = second[1];
        sources.push(second[0].startsWith('dir/') ? 'dir' : second[0]);
      }
      // What would be a file and a folder at once is left out.
      for (const [path, body] of vars) {
        const clash = Object.keys(files).some((f) => f.startsWith(`${path}/`) || path.startsWith(`${f}/`));
        if (!clash) files[path] = body;
      }
      if (list !== undefined) sources.push(list);
      return { files, sources, extra, playbook };
    });
}

const wild = inventories({
  ini,
  yaml,
  vars: varsFile,
  second: fc.tuple(fc.constantFrom('dir/10-a', 'dir/20.yml', 'dir/x.ini', 'dir/in/n', 'sub/more'), fc.oneof(ini, yaml)),
  list: fc.constantFrom(undefined, undefined, undefined, 'h1,extra[1:2],w01:22,', 'ü1,'),
});
const orderly = inventories({
  ini: orderlyIni,
  yaml: orderlyYaml,
  vars: fc.oneof(
    orderlyVars(''),
    fc.constantFrom('', '---\n', '# c\n', '{"a": 1e3, "b": [1.0, {"c": null}]}', 'a: &x {b: 1}\nb:\n  <<: *x\n  c: 2\n'),
  ),
  second: fc.oneof(
    fc.tuple(fc.constantFrom('dir/10-a', 'dir/in/n', 'sub/more'), orderlyIni),
    fc.tuple(fc.constantFrom('dir/20.yml', 'sub/more.yaml'), orderlyYaml),
  ),
  list: fc.constantFrom(undefined, undefined, undefined, 'h1,extra[1:2],w01:22,', 'ü1,'),
});

/** Inventories of every kind: most are read, some are refused. */
export const randomInventory: fc.Arbitrary<RandomInventory> = fc.oneof(
  { weight: 2, arbitrary: orderly },
  { weight: 1, arbitrary: wild },
);
