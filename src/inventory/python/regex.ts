/** A regular expression that JavaScript cannot express, or that is invalid. */
export class RegexError extends Error {}

const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '\\p{L}\\p{N}_',
  s: '\\s\\x1c-\\x1f',
  S: '\\S',
};
const CONTROL: Readonly<Record<string, string>> = { a: '\\x07', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' };

/**
 * A Python regular expression that matches at the beginning, as `re.match` does. What Python 3.11 has and JavaScript
 * lacks is refused by name: conditional groups, atomic groups, possessive quantifiers, verbose mode.
 * @throws RegexError with the reason.
 */
export function pythonRegex(pattern: string): RegExp {
  const t = new Translator(pattern);
  const source = t.translate();
  try {
    return new RegExp(`^(?:${source})`, `u${t.flags}`);
  } catch (error) {
    throw new RegexError(
      error instanceof Error ? error.message.replace(/^Invalid regular expression: .*: /s, '') : String(error),
    );
  }
}

class Translator {
  readonly #pattern: string;
  #at = 0;
  flags = '';

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  translate(): string {
    const flags = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern);
    if (flags) {
      this.#at = flags[0].length;
      for (const f of flags[1] ?? '') {
        if (f === 'x' || f === 'L') throw new RegexError(`the flag ${f} is not supported`);
        if (f !== 'a' && f !== 'u' && !this.flags.includes(f)) this.flags += f;
      }
    }
    let out = '';
    while (this.#at < this.#pattern.length) out += this.#next();
    return out;
  }

  #next(): string {
    const rest = this.#pattern.slice(this.#at);
    const c = rest[0] ?? '';
    if (c === '\\') return this.#escape(false);
    if (c === '[') return this.#set();
    if (rest.startsWith('(?')) return this.#group(rest);
    if (c === '{') return this.#braces(rest);
    if (/^[*+?]\+/.test(rest)) throw new RegexError('possessive quantifiers are not supported');
    this.#at++;
    if (c === '}' || c === ']') return `\\${c}`;
    // In Python $ also matches before a last line end; names have none.
    return c;
  }

  #braces(rest: string): string {
    const match = /^\{(\d*)(,?)(\d*)\}/.exec(rest);
    if (!match || (match[1] === '' && match[3] === '')) {
      this.#at++;
      return '\\{';
    }
    this.#at += match[0].length;
    if (this.#pattern[this.#at] === '+') throw new RegexError('possessive quantifiers are not supported');
    return `{${match[1] || '0'}${match[2]}${match[3]}}`;
  }

  #group(rest: string): string {
    const take = (text: string, out: string): string => {
      this.#at += text.length;
      return out;
    };
    const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
    if (named) return take(named[0], `(?<${named[1]}>`);
    const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
    if (back) return take(back[0], `\\k<${back[1]}>`);
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) return take(comment[0], '');
    const plain = /^\(\?(?::|=|!|<=|<!)/.exec(rest);
    if (plain) return take(plain[0], plain[0]);
    throw new RegexError(`${rest.slice(0, 4)} is not supported`);
  }

  #escape(inSet: boolean): string {
    const c = this.#pattern[this.#at + 1];
    if (c === undefined) throw new RegexError('there is a backslash at the end');
    const number = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(this.#pattern.slice(this.#at));
    if (number) {
      this.#at += number[0].length;
      return `\\u{${number[1] ?? number[2] ?? number[3]}}`;
    }
    this.#at += 2;
    if (c === 'W') {
      if (inSet) throw new RegexError('\\W within [] is not supported');
      return '[^\\p{L}\\p{N}_]';
    }
    const set = CLASSES[c];
    if (set !== undefined) return inSet || c === 'S' ? set : `[${set}]`;
    if (CONTROL[c] !== undefined) return CONTROL[c];
    if (c === 'b' && inSet) return '\\x08';
    if (!inSet) {
      if (c === 'A') return '^';
      if (c === 'Z') return '$';
      if (c === 'b' || c === 'B') return `\\${c}`;
      if (/[1-9]/.test(c)) return `\\${c}`;
    }
    if (c === '0') return '\\x00';
    if (/[A-Za-z0-9]/.test(c)) throw new RegexError(`there is no \\${c}`);
    return literal(c);
  }

  #set(): string {
    this.#at++;
    let out = '[';
    if (this.#pattern[this.#at] === '^') {
      out += '^';
      this.#at++;
    }
    for (let first = true; ; first = false) {
      const c = this.#pattern[this.#at];
      if (c === undefined) throw new RegexError('a [ is not closed');
      if (c === ']' && !first) {
        this.#at++;
        return `${out}]`;
      }
      if (c === '\\') out += this.#escape(true);
      else {
        out += c === '-' ? c : literal(c);
        this.#at++;
      }
    }
  }
}

function literal(c: string): string {
  return c === '-' ? '\\x2d' : /[\^$\\.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}
