import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../../src/inventory/formats/yaml/source.js';

describe('nested YAML', () => {
  // Read by the library, the first ended the whole process.
  it.each([
    ['open braces and more that is wrong', `${'{'.repeat(3000)}a\0\uFEFF$A\n00\n&a>`],
    ['open brackets', '['.repeat(3000)],
    ['sequences in one line', `${'- '.repeat(5000)}x`],
    ['ever deeper indentation', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('is refused when too deep: %s', (_, text) => {
    expect(() => parseYaml(text, 'a.yml')).toThrow(
      expect.objectContaining({ parts: expect.objectContaining({ why: 'It is nested too deeply' }) }),
    );
  });

  it.each([
    ['brackets', `a: ${'['.repeat(200)}${']'.repeat(200)}\n`],
    ['indentation', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['many lines with brackets', 'a: [{b: c}]\n'.repeat(2000)],
    ['a long line', `a: {${Array.from({ length: 2000 }, (_, i) => `k${i}: - ${i}`).join(', ')}}\n`.replaceAll('- ', '')],
    ['a text with dashes', `a: ${'word - '.repeat(2000)}\n`],
    ['brackets in comments', '# [ {\n'.repeat(2000).concat('a: 1\n')],
  ])('is read as deep as anybody writes it: %s', (_, text) => {
    expect(() => parseYaml(text, 'a.yml').root).not.toThrow();
  });
});
