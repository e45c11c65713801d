import * as z from 'zod';

/** Types of settings: what YAML and INI files write for them becomes one kind of value. */
export const bool = z.preprocess((v) => (typeof v === 'string' ? (truth(v) ?? v) : v), z.boolean());
export const int = z.preprocess((v) => (typeof v === 'string' && /^-?\d+$/.test(v) ? Number(v) : v), z.number().int());
/** At least one; zero or more. */
export const count = int.pipe(z.number().min(1));
export const amount = int.pipe(z.number().min(0));
export const text = z.preprocess((v) => (typeof v === 'number' ? String(v) : v), z.string());
export const strings = z.array(text);

/** Ansible's words for booleans, as INI files leave them. */
function truth(word: string): boolean | undefined {
  if (/^(true|yes|on|1)$/i.test(word)) return true;
  if (/^(false|no|off|0)$/i.test(word)) return false;
  return undefined;
}
