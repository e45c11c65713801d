import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { whereText } from '../../src/base/place.js';
import { AnsibleOracle, haveAnsible, refused } from '../support/ansible-oracle.js';
import { ours, question } from '../support/inventory-corpus.js';
import { FUZZ_RUNS, fuzzOptions } from '../support/random/fuzz.js';
import { type RandomInventory, randomInventory, writeInventory } from '../support/random/inventory.js';

const root = mkdtempSync(join(tmpdir(), 'kubewright-random-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The lines of JSON, in whichever order. */
function lines(text: string | undefined): string[] | undefined {
  return text
    ?.split('\n')
    .map((l) => l.replace(/,$/, ''))
    .sort();
}

describe.skipIf(!haveAnsible)('random inventories (skipped where ansible-core is not installed)', () => {
  const oracle = new AnsibleOracle();
  afterAll(() => oracle.close());

  /** @returns whether it was read. */
  async function compare(i: RandomInventory): Promise<boolean> {
    const dir = join(root, 'case');
    writeInventory(dir, i);
    const given = {
      sources: i.sources.map((s) => (s.includes(',') ? s : join(dir, s))),
      extra: i.extra,
      playbook: i.playbook ? join(dir, 'play') : undefined,
    };
    const answer = await oracle.ask(question(given));
    const said = await ours(given);
    const theirs = refused(answer) ? undefined : answer.text;
    const why = [
      JSON.stringify(i, null, 2),
      said.refusal?.message,
      whereText(said.refusal?.parts.where ?? ''),
      answer.error,
      ...answer.warnings,
    ];
    // Where keys cannot be sorted hosts come in the order of Python's sets of groups, which is another each time.
    if (answer.warnings.some((w) => w.startsWith('Could not sort')))
      expect(lines(said.text), why.join('\n')).toEqual(lines(theirs));
    else expect(said.text, why.join('\n')).toBe(theirs);
    return theirs !== undefined;
  }

  it(`${FUZZ_RUNS} read the same here and there, or are refused by both`, async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(randomInventory, async (i) => {
        if (await compare(i)) read++;
      }),
      fuzzOptions(FUZZ_RUNS),
    );
    // A generator whose inventories are all refused would show nothing.
    expect(read).toBeGreaterThan(FUZZ_RUNS / 3);
  }, 600_000);
});
