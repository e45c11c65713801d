import type { Secret } from '../shell/secret.js';

/**
 * Control characters as visible text, so that output of a machine can neither move the cursor nor forge lines of ours.
 * Tabs stay; a carriage return starts progress bars anew, so only what stands after the last one of a line is kept.
 */
export function escapeLine(line: string): string {
  const kept = line.replace(/\r+$/, '').replace(/^.*\r/s, '');
  // C0 without tab, DEL, C1, and the marks that turn the direction of writing.
  return kept.replaceAll(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/**
 * Replaces known secrets by `***` in text that leaves the engine. The second line of defence: nothing should print them in
 * the first place. Values under 4 characters are left alone, they would turn ordinary words to stars.
 */
export class Masker {
  readonly #values = new Set<string>();
  #sorted: string[] | undefined;

  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.trim().length >= 4) this.#values.add(value.trim());
    // Output comes line by line, so a key or a kubeconfig is looked for by its lines and long words; but not by lines such as
    // `kind: Config`, which would make stars of everybody's YAML.
    if (value.trim().includes('\n')) {
      for (const line of value.split('\n').map((l) => l.trim())) {
        if (line.length >= 8 && !/^-----|^(- )?[\w-]+:( ([A-Za-z-]+|v\d\w*))?$/.test(line)) this.#values.add(line);
        for (const word of line.split(/\s+/)) if (word.length >= 20 && !word.includes('://')) this.#values.add(word);
      }
    }
    const base64 = Buffer.from(value).toString('base64');
    if (value.length >= 4) this.#values.add(base64);
    this.#sorted = undefined;
  }

  mask(text: string): string {
    // The longest first: one secret may be part of another.
    this.#sorted ??= [...this.#values].sort((a, b) => b.length - a.length);
    let masked = text;
    for (const value of this.#sorted) {
      if (masked.includes(value)) masked = masked.replaceAll(value, '***');
    }
    return masked;
  }
}
