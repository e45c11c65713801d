import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/base/errors.js';
import { graphText, listText } from '../../src/inventory/listing.js';
import { parseExtraVars } from '../../src/inventory/load/extra-vars.js';
import { type LoadOptions, loadInventory, withInventory } from '../../src/inventory/load/load.js';
import type { Inventory } from '../../src/inventory/model/model.js';
import type { Question } from './ansible-oracle.js';

export const CORPUS = join(import.meta.dirname, '../corpus/inventory');

/** One inventory with what is given to read it; paths are absolute. */
export interface Case {
  readonly name: string;
  readonly dir: string;
  readonly sources: readonly string[];
  readonly extra: readonly string[];
  readonly playbook?: string;
}

export function corpus(): Case[] {
  return readdirSync(CORPUS)
    .sort()
    .map((name) => {
      const dir = join(CORPUS, name);
      const spec = JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8')) as {
        readonly sources: string[];
        readonly extra?: string[];
        readonly playbook?: string;
      };
      return {
        name,
        dir,
        sources: spec.sources.map((s) => (s.includes(',') ? s : join(dir, s))),
        extra: (spec.extra ?? []).map((e) => (e.startsWith('@') ? `@${join(dir, e.slice(1))}` : e)),
        playbook: spec.playbook === undefined ? undefined : join(dir, spec.playbook),
      };
    });
}

/** What the tests hold the case to; undefined: it is refused. */
export function expectedOf(c: Case): string | undefined {
  const file = join(c.dir, 'expected.json');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export async function read(c: Pick<Case, 'sources' | 'extra' | 'playbook'>): Promise<Inventory> {
  return loadInventory(c.sources, await options(c));
}

async function options(c: Pick<Case, 'extra' | 'playbook'>): Promise<LoadOptions> {
  return { extraVars: await parseExtraVars(c.extra), playbookDir: c.playbook, allowEmpty: true };
}

export interface Ours {
  readonly text?: string;
  readonly refusal?: InputError;
}

/** What `inventory list`, or `inventory graph --vars`, prints; a refusal is an InputError, everything else a bug. */
export async function ours(c: Pick<Case, 'sources' | 'extra' | 'playbook'>, ask: 'list' | 'vars-graph' = 'list'): Promise<Ours> {
  try {
    const text = await withInventory(c.sources, await options(c), ({ written }) => {
      if (!written) throw new Error('nothing was written down');
      const all = written.groups.get('all');
      return ask === 'list' || !all ? listText(written) : graphText(written, all, true);
    });
    return { text };
  } catch (error) {
    if (error instanceof InputError) return { refusal: error };
    throw error;
  }
}

export function question(c: Pick<Case, 'sources' | 'extra' | 'playbook'>, ask: Question['ask'] = 'list'): Question {
  return { sources: c.sources, extra: c.extra, playbook: c.playbook, ask };
}
