import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { CORPUS, ours } from '../support/inventory-corpus.js';
import { FUZZ_RUNS, fuzzOptions } from '../support/random/fuzz.js';

/** 10,000 when CI asks for 500 inventories. */
const runs = FUZZ_RUNS * 20;
const root = mkdtempSync(join(tmpdir(), 'kubewright-bytes-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const files = (dir: string): string[] =>
  readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? files(join(dir, n)) : [join(dir, n)]));
const seeds = files(CORPUS)
  .filter((f) => !/(case|expected)\.json$|\.sh$/.test(f))
  .map((f) => readFileSync(f));

/** Pieces that parsers stumble over. */
const nasty = fc
  .constantFrom(
    ...[
      '[',
      ']',
      '{',
      '}',
      ':',
      '"',
      "'",
      '\\',
      '#',
      '&a',
      '*a',
      '<<:',
      '!',
      '!!',
      '|',
      '>',
      '---\n',
      '\0',
      '\r',
      '\t',
      '%',
      '=',
      '\uFEFF',
      '~',
    ],
    ...[
      '[1:99999999]',
      '[0:9][0:9][0:9][0:9][0:9][0:9]',
      '['.repeat(300),
      '{'.repeat(3000),
      '- '.repeat(5000),
      '(('.repeat(2000),
      '\n'.repeat(50),
    ],
    ...[
      '__proto__',
      'constructor: 1\n',
      '[all:children]\nall\n',
      '1e999',
      '9'.repeat(5000),
      '?',
      ',',
      '\x85',
      '\ud800',
      '$ANSIBLE_VAULT;1.1;AES256\n00\n',
    ],
  )
  .map((s) => Buffer.from(s));

const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.nat(20), fc.oneof(nasty, fc.uint8Array({ maxLength: 4 }))), { minLength: 1, maxLength: 6 }),
  )
  .map(([seed, edits]) => {
    let bytes: Buffer = seed;
    for (const [where, cut, put] of edits) {
      const at = bytes.length === 0 ? 0 : where % bytes.length;
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + cut)]);
    }
    return bytes;
  });
const anyBytes = fc.oneof(
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }).map((s) => Buffer.from(s)) },
  { weight: 3, arbitrary: fc.array(nasty, { maxLength: 8 }).map((b) => Buffer.concat(b)) },
  { weight: 8, arbitrary: mutated },
);

describe('any bytes', () => {
  it(`${runs} of them are read or refused with a message, in reasonable time`, async () => {
    const places = ['hosts.ini', 'hosts.yml', 'hosts.json', 'hosts.toml', 'hosts', 'group_vars/all.yml', 'host_vars/h'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), anyBytes, async (place, bytes) => {
        // A worker that is busy for a minute does not answer vitest, which then fails the run.
        await setImmediate();
        rmSync(root, { recursive: true, force: true });
        mkdirSync(join(root, 'group_vars'), { recursive: true });
        mkdirSync(join(root, 'host_vars'));
        if (place.includes('/')) writeFileSync(join(root, 'hosts.ini'), 'h\n');
        writeFileSync(join(root, place), bytes);
        const given = { sources: [join(root, place.includes('/') ? 'hosts.ini' : place)], extra: [] };
        const said = await ours(given);
        if (said.refusal) expect(said.refusal).toBeInstanceOf(InputError);
        else expect(said.text).toMatch(/^\{/);
      }),
      { ...fuzzOptions(runs), interruptAfterTimeLimit: 1_500_000, markInterruptAsFailure: true },
    );
  }, 1_800_000);
});
