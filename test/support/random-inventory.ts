import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';

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

const GROUPS = ['web', 'db', 'all', 'ungrouped', 'kube-master', 'kube_control_plane', 'kube-node', 'etcd', 'a', 'b', 'z9', 'x-y'];
const HOSTS = ['h1', 'h2', 'w01', 'node-a', 'db.example.com', '10.0.0.1', 'localhost', 'web', 'fe80::1', 'ü1'];
const NAMES = ['a', 'b', 'http_port', 'ansible_host', 'ansible_port', 'ansible_group_priority', 'kube_version', 'x.y', 'groups'];

const groupName = fc.constantFrom(...GROUPS);
const varName = fc.constantFrom(...NAMES);
const hostPattern = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HOSTS) },
  { weight: 1, arbitrary: fc.constantFrom('n[1:3]', 'n[01:03]', 'r[a:c]x', 'm[1:2]-[a:b]', 's[0:6:3]', 'q[3:1]', '[1:2]') },
  { weight: 1, arbitrary: fc.constantFrom('h1:2222', '[fe80::2]:22', 'n[1:2]:80', '10.0.0.2:23', '2001:db8::[1:2]') },
);

const word = fc.string({ unit: fc.constantFrom(...'abcxyz019_-./:é'.split('')), minLength: 1, maxLength: 8 });
const number = fc.oneof(
  fc.integer({ min: -99999, max: 99999 }).map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '007',
    '0x1F',
    '0o17',
    '0b11',
    '1_000',
    '1e5',
    '1.0',
    '.5',
    '5.',
    '-0',
    '-0.0',
    '+3',
    '1e400',
    '1:30',
    '0644',
    '08',
  ),
);
/** Texts that are something else in Python or in YAML. */
const special = fc.constantFrom(
  'True',
  'False',
  'None',
  'true',
  'yes',
  'no',
  'on',
  'off',
  'null',
  '~',
  'y',
  'n',
  'NULL',
  '=',
  '<<',
  '2024-02-29',
  '2001-12-14 21:59:43',
  '.inf',
  '-.INF',
  '1.2.3',
  '10.0.0.1',
  '{{ x }}',
  'a=b',
  'a#b',
  '12e03',
  '0x',
  '1__0',
  "it's",
  'ß',
  '1,2',
  "'a','b'",
);

const pythonLiteral: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(
      number,
      fc.constantFrom('True', 'False', 'None', "'x'", '"y z"', "u'q'", "r'\\d'", "'a' 'b'", '"\\x41\\u00e9\\n"', "''", '()'),
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((v) => `[${v.join(', ')}]`),
    fc.array(tie('value'), { maxLength: 3 }).map((v) => `(${v.join(',')}${v.length === 1 ? ',' : ''})`),
    fc
      .array(fc.tuple(fc.constantFrom("'k'", '"l"', '1', '2', 'True', 'None', '(1,)', '1.0'), tie('value')), { maxLength: 3 })
      .map((v) => `{${v.map(([k, x]) => `${k}: ${x}`).join(', ')}}`),
  ),
})).value;

const iniText = fc.oneof(
  word,
  number,
  special,
  pythonLiteral,
  pythonLiteral.map((t) => t.slice(0, -1)),
);
const shellValue = iniText.chain((t) =>
  fc.constantFrom(
    t,
    `"${t.replaceAll(/["\\]/g, '\\$&')}"`,
    `'${t.replaceAll("'", '')}'`,
    `"${t.replaceAll(/["\\]/g, '\\$&')}" # end`,
    t.replaceAll(/([\s"'#\\])/g, '\\$1'),
  ),
);

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

const yamlText = fc.oneof(
  word,
  number,
  special,
  fc.constantFrom(
    '"a\\tb"',
    "'it''s'",
    '!!str 5',
    '!!int "7"',
    '!unsafe "{{ x }}"',
    '!!float 2',
    '"1"',
    "'true'",
    '',
    '"\\u00e9"',
    '|-\n        x\n          y',
    '!!bool yes',
  ),
);
const yamlFlow: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.oneof(
      word.filter((w) => !/[:,]$|^[-:]|:/.test(w)),
      number,
      fc.constantFrom('yes', 'null', "'x y'", '"z"', '2024-01-01', '~'),
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((v) => `[${v.join(', ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('k', 'l', '"m"', '1', 'yes', '10', '~'), tie('value')), { maxLength: 3 })
      .map((v) => `{${v.map(([k, x]) => `${k}: ${x}`).join(', ')}}`),
  ),
})).value;
const yamlValue = fc.oneof({ weight: 3, arbitrary: yamlText }, { weight: 1, arbitrary: yamlFlow });
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

const inventoryFile = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom('hosts.ini', 'hosts', 'hosts.txt'), ini) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('hosts.yml', 'hosts.yaml', 'hosts2'), yaml) },
);

/** Inventories of every kind: most are read, some are refused. */
export const randomInventory: fc.Arbitrary<RandomInventory> = fc
  .tuple(
    inventoryFile,
    fc.option(fc.tuple(fc.constantFrom('dir/10-a', 'dir/20.yml', 'dir/x.ini', 'dir/in/n', 'sub/more'), fc.oneof(ini, yaml)), {
      nil: undefined,
    }),
    fc.array(fc.tuple(varsPlace, varsFile), { maxLength: 4 }),
    fc.array(
      fc.oneof(
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
      ),
      { maxLength: 1 },
    ),
    fc.constantFrom(undefined, undefined, undefined, 'h1,extra[1:2],w01:22,', 'ü1,'),
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

const partName = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.oneof(groupName, fc.constantFrom('all', 'h1', 'h2', 'w01', 'node-a', 'db.example.com', '10.0.0.1')),
  },
  { weight: 3, arbitrary: fc.constantFrom('*', 'w*', 'h?', 'h[12]', 'h[!1]', '*.example.com', '10.*', 'n*', 'x-?', '[hw]*') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('~h\\d', '~w.*', '~.*', '~(?i)H1', '~h[12]$', '~(?P<n>h)1', '~a{1,}', '~[^h]', '~\\w+-a'),
  },
);
const subscript = fc.constantFrom('', '', '', '', '[0]', '[1]', '[-1]', '[0:1]', '[1:]', '[0:0]', '[2:5]', '[0-1]', '[9]');
/** Patterns as --limit and plays have them. */
export const randomPattern: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.tuple(fc.constantFrom('', '', '', '!', '&'), partName, subscript).map((p) => p.join('')),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom(':', ','),
  )
  .map(([parts, separator]) => parts.join(separator));
