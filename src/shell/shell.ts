import { Secret } from './secret.js';

/**
 * A piece of POSIX shell. Only the `sh` tag and the functions of this file make one, so a user's text is always quoted.
 * `text` never contains a secret but `"$(kw_secret NAME)"`, and `secrets` has the values by name.
 */
export class Shell {
  readonly text: string;
  readonly secrets: ReadonlyMap<string, Secret>;

  /** Use `sh`, `rawShell` or `joinShell` instead. */
  constructor(text: string, secrets: ReadonlyMap<string, Secret> = new Map()) {
    this.text = text;
    this.secrets = secrets;
  }

  /** The same text, with a secret that it names itself (`kw_secret NAME`) instead of through `${}`. */
  with(secret: Secret): Shell {
    const secrets = new Map(this.secrets);
    addSecrets(secrets, new Map([[secret.name, secret]]));
    return new Shell(this.text, secrets);
  }

  toString(): string {
    return this.text;
  }
}

export type ShellValue = Shell | Secret | string | number | boolean | readonly (Shell | Secret | string | number)[];

/**
 * Tagged template for shell text. Every `${}` becomes exactly one quoted word; an array becomes one word per element; a
 * `Shell` is inserted unchanged; a `Secret` becomes a reference to its file on the host.
 */
export function sh(parts: TemplateStringsArray, ...values: readonly ShellValue[]): Shell {
  const secrets = new Map<string, Secret>();
  // In a tagged template a bad escape (\033) is not a syntax error: its text is just missing.
  if (parts.some((part: string | undefined) => part === undefined))
    throw new TypeError('a template of shell text contains a bad escape');
  let text = '';
  dedent(parts).forEach((part, i) => {
    text += part;
    const value = values[i];
    if (value !== undefined) text += render(value, secrets);
  });
  return new Shell(text, secrets);
}

/** Text that is inserted unchanged. Only for our own constant text, never for a user's. */
export function rawShell(text: string): Shell {
  return new Shell(text);
}

/** Pieces one after the other, with a newline or `separator` between them. */
export function joinShell(pieces: readonly Shell[], separator = '\n'): Shell {
  const secrets = new Map<string, Secret>();
  for (const piece of pieces) addSecrets(secrets, piece.secrets);
  return new Shell(pieces.map((p) => p.text).join(separator), secrets);
}

/** One word in single quotes, or bare if that is safe. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError('a shell word cannot contain a NUL byte');
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function render(value: ShellValue, secrets: Map<string, Secret>): string {
  if (value instanceof Shell) {
    addSecrets(secrets, value.secrets);
    return value.text;
  }
  if (value instanceof Secret) {
    addSecrets(secrets, new Map([[value.name, value]]));
    return `"$(kw_secret ${quote(value.name)})"`;
  }
  if (Array.isArray(value)) return value.map((v) => render(v, secrets)).join(' ');
  return quote(String(value));
}

function addSecrets(into: Map<string, Secret>, from: ReadonlyMap<string, Secret>): void {
  for (const [name, secret] of from) {
    const known = into.get(name);
    if (known && known.reveal() !== secret.reveal()) throw new TypeError(`two secrets are both named ${name}`);
    into.set(name, secret);
  }
}

/**
 * Removes the first line's indentation from every line of a template, so that it can be indented like the code around it.
 * Only from the template's own text: values keep their lines.
 */
function dedent(parts: readonly string[]): string[] {
  const first = parts[0] ?? '';
  if (!first.startsWith('\n')) return [...parts];
  const indent = /^[ \t]*/.exec(first.slice(1))?.[0] ?? '';
  const out = parts.map((p) => p.replaceAll(`\n${indent}`, '\n'));
  out[0] = (out[0] ?? '').slice(1);
  out[out.length - 1] = (out.at(-1) ?? '').replace(/\n[ \t]*$/, '');
  return out;
}
