import { InputErrors } from '../base/errors.js';
import { nearestName } from '../base/nearest.js';

export interface TagSelection {
  /** `--tags`; empty: all. */
  readonly tags: readonly string[];
  /** `--skip-tags` */
  readonly skipTags: readonly string[];
}

const SPECIAL = ['all', 'always', 'never', 'tagged', 'untagged'];

/**
 * Whether something with these tags (its play's and its own together) takes part.
 * Source: https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_tags.html
 */
export function tagsSelect(tags: readonly string[], s: TagSelection): boolean {
  const own = new Set(tags.length > 0 ? tags : ['untagged']);
  const tagged = tags.length > 0;
  const only = s.tags.length > 0 ? s.tags : ['all'];
  const wanted =
    own.has('always') ||
    (only.includes('all') && !own.has('never')) ||
    only.some((t) => own.has(t)) ||
    (only.includes('tagged') && tagged && !own.has('never'));
  if (!wanted) return false;
  if (s.skipTags.includes('all')) return own.has('always') && !s.skipTags.includes('always');
  return !s.skipTags.some((t) => own.has(t)) && !(s.skipTags.includes('tagged') && tagged);
}

/** @throws InputErrors naming every tag that nothing in the playbook has, with the nearest one that something has. */
export function checkTags(s: TagSelection, known: readonly string[]): void {
  const names = [...new Set(known)].sort();
  const unknown = [...new Set([...s.tags, ...s.skipTags])].filter((t) => !names.includes(t) && !SPECIAL.includes(t));
  if (unknown.length === 0) return;
  throw new InputErrors(
    unknown.map((tag) => {
      const near = nearestName(tag, [...names, ...SPECIAL]);
      const list = names.length > 0 ? `Tags are: ${names.join(', ')}` : 'The playbook has no tags';
      return { what: `Nothing in the playbook has the tag ${tag}`, fix: near ? `Did you mean ${near}? ${list}` : list };
    }),
  );
}
