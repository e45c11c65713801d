import fc from 'fast-check';
import { groupName } from './values.js';

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
      fc.tuple(fc.constantFrom('', '', '', '', '', '', '!', '!', '&', '&', '! '), partName, subscript).map((p) => p.join('')),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom(':', ':', ':', ',', ',', ',', '::', ': ', ' , '),
  )
  .map(([parts, separator]) => parts.join(separator));
