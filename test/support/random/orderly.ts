import fc from 'fast-check';
import { GROUPS, number, pythonLiteral, special, varName, word, yamlWord } from './values.js';

/** Contents of files that Ansible reads: groups are declared and never nest in circles, values are quoted as they must be. */

/** A child stands behind its parent here, also across files. */
const NESTING = GROUPS.filter((g) => g !== 'all' && g !== 'ungrouped');
const group = fc.constantFrom(...GROUPS);
const child = (parent: string): fc.Arbitrary<string[]> => {
  const below = parent === 'all' ? NESTING : NESTING.slice(NESTING.indexOf(parent) + 1);
  return parent === 'ungrouped' || below.length === 0
    ? fc.constant([])
    : fc.uniqueArray(fc.constantFrom(...below), { maxLength: 3 });
};
const host = fc.constantFrom(
  ...['h1', 'h2', 'w01', 'node-a', 'db.example.com', '10.0.0.1', 'localhost', 'web', 'fe80::1', 'ü1', 'n1'],
  ...['n[1:3]', 'n[01:03]', 'r[a:c]x', 'm[1:2]-[a:b]', 's[0:6:3]', 'h1:2222', '[fe80::2]:22', 'n[1:2]:80', '10.0.0.2:23'],
);

const value = fc.oneof(word, number, special, pythonLiteral);
/** A group's priority must be a number. */
const named = (values: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> =>
  varName.chain((name) =>
    fc.tuple(fc.constant(name), name === 'ansible_group_priority' ? fc.integer({ min: -3, max: 20 }).map(String) : values),
  );

const quoted = value.chain((t) =>
  fc.constantFrom(
    `"${t.replaceAll(/["\\]/g, '\\$&')}"`,
    t.replaceAll(/([^\w.,:/-])/gu, '\\$1'),
    `"${t.replaceAll(/["\\]/g, '\\$&')}" # end`,
  ),
);
const hostLine = fc
  .tuple(host, fc.array(named(quoted), { maxLength: 3 }))
  .map(([h, vars]) => [h, ...vars.map(([k, v], i) => `${k}=${i < vars.length - 1 ? v.replace(/ # end$/, '') : v}`)].join(' '));
const varLine = fc.tuple(named(value), fc.constantFrom('=', ' = ', '= ')).map(([[k, v], is]) => k + is + v);
const blank = fc.constantFrom('', '   ', '# comment', '; comment', '\t# x');
const section = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(group, fc.array(hostLine, { maxLength: 4 })).map(([g, l]) => [`[${g}]`, ...l]) },
  {
    weight: 2,
    arbitrary: group.chain((g) => child(g).map((c) => [`[${g}:children]`, ...c])),
  },
  { weight: 2, arbitrary: fc.tuple(group, fc.array(varLine, { maxLength: 4 })).map(([g, l]) => [`[${g}:vars]`, ...l]) },
  { weight: 1, arbitrary: blank.map((l) => [l]) },
);

export const orderlyIni = fc
  .tuple(
    fc.array(hostLine, { maxLength: 2 }),
    fc.array(section, { minLength: 1, maxLength: 7 }),
    fc.constantFrom('\n', '\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([first, sections, end, last]) =>
    [...first, ...NESTING.map((g) => `[${g}]`), ...sections.flat()].join(end).concat(last ? end : ''),
  );

const yamlScalar = fc.oneof(
  yamlWord,
  number,
  word.map((w) => JSON.stringify(w)),
  fc.constantFrom('yes', 'No', 'on', 'OFF', 'null', '~', 'y', '', '2024-02-29', '2001-12-14 21:59:43', '.inf', '-.INF', '1.2.3'),
  fc.constantFrom('10.0.0.1', '12e03', '0x', '1__0', "it's", 'ß', 'a#b', '1:30', "'{{ x }}'", "'it''s'", '"a\\tb\\u00e9"'),
  fc.constantFrom(
    '!!str 5',
    '!!int "7"',
    '!unsafe "{{ x }}"',
    '!!float 2',
    '!!bool yes',
    '|-\n          x\n            y',
    '>\n          x\n          y',
  ),
);
const yamlFlow: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(yamlWord, number, fc.constantFrom('yes', 'null', "'x y'", '"z"', '2024-01-01', '~', '1.0', '!unsafe "{{ a }}"')),
    fc.array(tie('value'), { maxLength: 3 }).map((v) => `[${v.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('k', 'l', '"m"', '1', '10'), tie('value')), { maxLength: 3, selector: ([k]) => k })
      .map((v) => `{${v.map(([k, x]) => `${k}: ${x}`).join(', ')}}`),
  ),
})).value;
const yamlValue = fc.oneof({ weight: 3, arbitrary: yamlScalar }, { weight: 1, arbitrary: yamlFlow });

export const orderlyVars = (indent: string): fc.Arbitrary<string> =>
  fc.array(named(yamlValue), { maxLength: 4 }).map((v) => v.map(([k, x]) => `${indent}${k}: ${x}\n`).join(''));

const yamlGroup = group
  .chain((g) =>
    fc.tuple(
      fc.constant(g),
      fc.uniqueArray(fc.tuple(host, orderlyVars('      ')), { maxLength: 3, selector: ([h]) => h }),
      orderlyVars('    '),
      child(g),
    ),
  )
  .map(([g, hosts, vars, children]) => {
    const lines = [`'${g}':\n`];
    if (hosts.length > 0) lines.push('  hosts:\n', ...hosts.map(([h, v]) => `    '${h}':\n${v}`));
    if (vars !== '') lines.push(`  vars:\n${vars}`);
    if (children.length > 0) lines.push('  children:\n', ...children.map((c) => `    '${c}':\n`));
    return lines.join('');
  });
export const orderlyYaml = fc.array(yamlGroup, { minLength: 1, maxLength: 5 }).map((g) => g.join(''));
