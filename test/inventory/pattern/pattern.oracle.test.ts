import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.js';
import type { Inventory } from '../../../src/inventory/model/model.js';
import { resolvePattern } from '../../../src/inventory/pattern/pattern.js';
import { AnsibleOracle, haveAnsible } from '../../support/ansible-oracle.js';
import { read } from '../../support/inventory-corpus.js';
import { FUZZ_RUNS, fuzzOptions } from '../../support/random/fuzz.js';
import { randomPattern } from '../../support/random/pattern.js';

const file = join(import.meta.dirname, '../../fixtures/patterns.ini');
const batch = 5;

function ours(inventory: Inventory, pattern: string): readonly string[] | 'refused' {
  try {
    return resolvePattern(inventory, pattern, { allowEmpty: true });
  } catch (error) {
    if (error instanceof InputError) return 'refused';
    throw error;
  }
}

/** Ansible knows only the old name, as written in the file. */
const writtenPattern = randomPattern.map((p) => p.replaceAll('kube_control_plane', 'kube-master'));

describe.skipIf(!haveAnsible)('random patterns (skipped where ansible-core is not installed)', () => {
  const oracle = new AnsibleOracle();
  afterAll(() => oracle.close());

  it(`${FUZZ_RUNS * batch} choose the same hosts in the same order, or are refused by both`, async () => {
    const inventory = await read({ sources: [file], extra: [] });
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(writtenPattern, { minLength: batch, maxLength: batch }), async (patterns) => {
        // One at a time, so that answers of Ansible are not mixed up.
        const answers = await Promise.all(patterns.map((p) => oracle.ask({ sources: [file], ask: 'patterns', patterns: [p] })));
        for (const [i, pattern] of patterns.entries()) {
          const answer = answers[i];
          const hosts = answer?.hosts?.[0];
          const unknown = answer?.warnings.some((w) => w.includes('Could not match supplied host pattern'));
          const theirs = unknown || !Array.isArray(hosts) ? 'refused' : hosts;
          if (theirs !== 'refused' && theirs.length > 0) matched++;
          expect(ours(inventory, pattern), pattern).toEqual(theirs);
        }
      }),
      fuzzOptions(FUZZ_RUNS),
    );
    expect(matched).toBeGreaterThan(FUZZ_RUNS);
  }, 600_000);

  it('limit in the order of the inventory, even from a file', async () => {
    const inventory = await read({ sources: [file], extra: [] });
    for (const subset of [
      'db.example.com,h1',
      '!web',
      '&web',
      'h*:!h1',
      'node-a::h1',
      `@${join(import.meta.dirname, '../../fixtures/limit.txt')}`,
    ]) {
      const answer = await oracle.ask({ sources: [file], ask: 'patterns', patterns: ['all'], subset });
      const found = new Set(resolvePattern(inventory, subset));
      const inOrder = resolvePattern(inventory, 'all').filter((h) => found.has(h));
      expect(inOrder, subset).toEqual(answer.hosts?.[0]);
    }
  });
});

describe('patterns and the two names of a group', () => {
  it('take either, whichever is written', async () => {
    const inventory = await read({ sources: [file], extra: [] });
    expect(resolvePattern(inventory, 'kube-master')).toEqual(resolvePattern(inventory, 'kube_control_plane'));
    expect(resolvePattern(inventory, 'kube_nod?')).toEqual(resolvePattern(inventory, 'kube-node'));
  });

  it('name what is near when nothing matches', async () => {
    const inventory = await read({ sources: [file], extra: [] });
    const fix = (pattern: string): unknown => {
      try {
        return resolvePattern(inventory, pattern);
      } catch (error) {
        return error instanceof InputError ? `${error.parts.what} | ${error.parts.fix}` : error;
      }
    };
    expect(fix('kube_control_plan')).toMatch(/no group kube_control_plan \| Did you mean kube_control_plane\?/);
    expect(fix('h1:h2,w01')).toMatch(/by commas or by colons/);
    expect(fix('~(?>a)b')).toMatch(/regular expression/);
    expect(fix('web[9]')).toMatch(/web\[9\] matches no host/);
    for (const blank of ['! web', 'all:! web', 'all:& web', '!']) expect(fix(blank)).toMatch(/without whitespace/);
  });
});
