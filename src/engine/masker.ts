import { escapeLine } from '../base/escape.js';
import type { Secret } from '../shell/secret.js';

/**
 * Replaces known secrets by `***` in text that leaves the engine. The second line of defence: nothing should print them in
 * the first place. Values under 4 characters are not masked, as they would hit ordinary words.
 */
export class Masker {
  readonly #values = new Set<string>();
  #sorted: string[] | undefined;

  add(secret: Secret): void {
    const value = secret.reveal();
    const whole = value.trim();
    if (whole.length < 4) return;
    this.#sorted = undefined;
    this.#spell(whole);
    // A command may print it with the final newline that it got, or without.
    for (const text of new Set([value, whole])) for (const encoded of base64Of(text)) this.#values.add(encoded);
    if (!whole.includes('\n')) return;
    // Output comes line by line, so a key or a kubeconfig is masked by its lines and long words; but not by lines such as
    // `kind: Config`, which occur in any YAML.
    for (const line of whole.split('\n').map((l) => l.trim())) {
      if (line.length >= 8 && !/^-----|^(- )?[\w-]+:( ([A-Za-z-]+|v\d\w*))?$/.test(line)) this.#spell(line);
      for (const word of line.split(/\s+/)) if (word.length >= 20 && !word.includes('://')) this.#spell(word);
    }
  }

  /** One value in every form in which it may be printed: plain, escaped, quoted for a shell or for JSON, in a URL. */
  #spell(value: string): void {
    const spellings = [
      value,
      escapeLine(value),
      value.replaceAll("'", "'\\''"),
      value.replaceAll("'", `'"'"'`),
      JSON.stringify(value).slice(1, -1),
      urlEncoded(value),
    ];
    for (const spelling of spellings) if (spelling.length >= 4) this.#values.add(spelling);
  }

  mask(text: string): string {
    // The longest first: one secret may be part of another.
    this.#sorted ??= [...this.#values].sort((a, b) => b.length - a.length);
    let masked = text;
    for (const value of this.#sorted) {
      if (value.length <= masked.length && masked.includes(value)) masked = masked.replaceAll(value, '***');
    }
    return masked;
  }
}

/**
 * The value in base64: alone, and as part of something longer (`user:password`), where it may begin at any of the three bytes
 * of a group; characters that depend on the neighbouring bytes are left out.
 */
function base64Of(value: string): string[] {
  const bytes = Buffer.from(value);
  const all = [bytes.toString('base64'), bytes.toString('base64url')];
  if (bytes.length < 8) return all;
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    all.push(encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)));
  }
  // base64 and openssl break their lines after 76 and 64 characters.
  for (const width of [76, 64]) {
    const lines = (all[0] ?? '').match(new RegExp(`.{16,${width}}`, 'g')) ?? [];
    if (lines.length > 1) all.push(...lines);
  }
  return all;
}

/** A lone surrogate cannot be encoded, and does not occur in a typed password. */
function urlEncoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value;
  }
}
