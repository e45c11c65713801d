import { afterAll, describe, expect, it } from 'vitest';
import { AnsibleOracle, haveAnsible, refused } from '../support/ansible-oracle.js';
import { corpus, expectedOf, ours, question } from '../support/inventory-corpus.js';

const cases = corpus();

describe('the corpus of inventories', () => {
  it('has at least 60', () => expect(cases.length).toBeGreaterThanOrEqual(60));

  it.each(cases)('$name: prints what ansible-inventory --list printed', async (c) => {
    const expected = expectedOf(c);
    const { text, refusal } = await ours(c);
    expect(text ?? null, refusal?.message).toBe(expected ?? null);
    if (!refusal) return;
    expect(refusal.exitCode).toBe(2);
    expect(refusal.parts.what).not.toBe('');
    expect(refusal.parts.fix, 'says what to do').toBeTruthy();
  });
});

describe.skipIf(!haveAnsible)('ansible-core (skipped where it is not installed)', () => {
  const oracle = new AnsibleOracle();
  afterAll(() => oracle.close());

  it.each(cases)('$name: still prints the same', async (c) => {
    const answer = await oracle.ask(question(c));
    expect(refused(answer) ? undefined : answer.text, answer.error ?? answer.warnings.join('\n')).toBe(expectedOf(c));
  });

  it.each(cases.filter((c) => expectedOf(c) !== undefined))('$name: draws the same graph', async (c) => {
    const answer = await oracle.ask(question(c, 'vars-graph'));
    const { text } = await ours(c, 'vars-graph');
    if (answer.error === undefined) expect(text).toBe(answer.text);
    else expect(text).toBeUndefined();
  });
});
