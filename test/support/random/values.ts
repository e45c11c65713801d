import fc from 'fast-check';

export const GROUPS = [
  'web',
  'db',
  'all',
  'ungrouped',
  'kube-master',
  'kube_control_plane',
  'kube-node',
  'etcd',
  'a',
  'b',
  'z9',
  'x-y',
];
const HOSTS = ['h1', 'h2', 'w01', 'node-a', 'db.example.com', '10.0.0.1', 'localhost', 'web', 'fe80::1', 'ü1'];
const NAMES = ['a', 'b', 'http_port', 'ansible_host', 'ansible_port', 'ansible_group_priority', 'kube_version', 'x.y', 'groups'];

export const groupName = fc.constantFrom(...GROUPS);
export const varName = fc.constantFrom(...NAMES);
export const hostPattern = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HOSTS) },
  { weight: 1, arbitrary: fc.constantFrom('n[1:3]', 'n[01:03]', 'r[a:c]x', 'm[1:2]-[a:b]', 's[0:6:3]', 'q[3:1]', '[1:2]') },
  { weight: 1, arbitrary: fc.constantFrom('h1:2222', '[fe80::2]:22', 'n[1:2]:80', '10.0.0.2:23', '2001:db8::[1:2]') },
);

export const word = fc.string({ unit: fc.constantFrom(...'abcxyz019_-./:é'.split('')), minLength: 1, maxLength: 8 });
export const number = fc.oneof(
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
export const special = fc.constantFrom(
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

export const pythonLiteral: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
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

export const iniText = fc.oneof(
  word,
  number,
  special,
  pythonLiteral,
  pythonLiteral.map((t) => t.slice(0, -1)),
);
export const shellValue = iniText.chain((t) =>
  fc.constantFrom(
    t,
    `"${t.replaceAll(/["\\]/g, '\\$&')}"`,
    `'${t.replaceAll("'", '')}'`,
    `"${t.replaceAll(/["\\]/g, '\\$&')}" # end`,
    t.replaceAll(/([\s"'#\\])/g, '\\$1'),
  ),
);

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
/** A plain word, also within brackets. */
export const yamlWord = word.filter((w) => !/[:,]$|^[-:]|:/.test(w));
export const yamlFlow: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.oneof(yamlWord, number, fc.constantFrom('yes', 'null', "'x y'", '"z"', '2024-01-01', '~')),
    fc.array(tie('value'), { maxLength: 3 }).map((v) => `[${v.join(', ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('k', 'l', '"m"', '1', 'yes', '10', '~'), tie('value')), { maxLength: 3 })
      .map((v) => `{${v.map(([k, x]) => `${k}: ${x}`).join(', ')}}`),
  ),
})).value;
export const yamlValue = fc.oneof({ weight: 3, arbitrary: yamlText }, { weight: 1, arbitrary: yamlFlow });
