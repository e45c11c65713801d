import { describe, expect, it } from 'vitest';
import { InputErrors } from '../../src/base/errors.js';
import { checkTags, tagsSelect } from '../../src/playbook/tags.js';

/** Tags of the task, --tags, --skip-tags, and whether Ansible (core 2.14) runs it. */
const CASES: readonly [tags: string, only: string, skip: string, runs: boolean][] = [
  ['', '', '', true],
  ['a', '', '', true],
  ['a', 'a', '', true],
  ['a', 'b', '', false],
  ['', 'b', '', false],
  ['a b', 'b c', '', true],
  ['a', '', 'a', false],
  ['a b', 'a', 'b', false],
  ['always', 'b', '', true],
  ['always a', 'b', '', true],
  ['always', '', 'always', false],
  ['always a', '', 'a', false],
  ['never', '', '', false],
  ['never a', '', '', false],
  ['never a', 'a', '', true],
  ['never', 'never', '', true],
  ['never', 'all', '', false],
  ['never a', 'tagged', '', false],
  ['a', 'all', '', true],
  ['', 'all', '', true],
  ['a', 'tagged', '', true],
  ['', 'tagged', '', false],
  ['a', 'untagged', '', false],
  ['', 'untagged', '', true],
  ['a', '', 'tagged', false],
  ['', '', 'tagged', true],
  ['', '', 'untagged', false],
  ['a', '', 'untagged', true],
  ['a', '', 'all', false],
  ['always', '', 'all', true],
  ['always', '', 'all always', false],
];
const words = (text: string): string[] => text.split(' ').filter((w) => w !== '');

describe('tags', () => {
  it.each(CASES)('tags [%s] with --tags [%s] --skip-tags [%s]: %s', (tags, only, skip, runs) => {
    expect(tagsSelect(words(tags), { tags: words(only), skipTags: words(skip) })).toBe(runs);
  });

  it('that nothing has are refused together, with the nearest one', () => {
    const refuse = () => checkTags({ tags: ['etdc', 'all'], skipTags: ['zzzzzz', 'taged'] }, ['os', 'etcd']);
    expect(refuse).toThrow(InputErrors);
    try {
      refuse();
    } catch (error) {
      expect((error as InputErrors).all.map((p) => p.fix)).toEqual([
        'Did you mean etcd? Tags are: etcd, os',
        'Tags are: etcd, os',
        'Did you mean tagged? Tags are: etcd, os',
      ]);
    }
  });
});
