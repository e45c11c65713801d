import { InputError, type Warning } from '../../base/errors.js';
import type { Place, Where } from '../../base/place.js';
import { ShellWordsError, shellWords } from '../../base/shell-words.js';
import type { OptionLine } from '../../transport/config/lex.js';
import { parseLine } from '../../transport/config/read-files.js';

/** Arguments of ssh as options, in the order ssh applies them: the first one wins. */
export interface SshArgs {
  readonly options: readonly OptionLine[];
  /** The file of `-F`. */
  readonly configFile?: string;
  /** What is unknown or not supported. */
  readonly warnings: readonly Warning[];
}

/** Flags with a value, and the option they set. */
const VALUED: Readonly<Record<string, string>> = { p: 'port', l: 'user', i: 'identityfile', J: 'proxyjump', b: 'bindaddress' };
/** Flags without effect on commands that have no terminal. */
const HARMLESS = new Set('qCTtvxanNfYXkgKG'.split(''));
/** Flags with a value that Kubewright does not need. */
const HARMLESS_VALUED = new Set('SEOeIw'.split(''));

/** Parses `ansible_ssh_common_args` and the like. @throws InputError for unclosed quotes and options without a value. */
export function parseSshArgs(text: string | undefined, where: Place | undefined, variable = 'ansible_ssh_common_args'): SshArgs {
  const options: OptionLine[] = [];
  const warnings: Warning[] = [];
  let configFile: string | undefined;
  const words = split(text ?? '', where, variable);
  const place = where ?? variable;
  const warn = (word: string): void => {
    warnings.push({ what: where === undefined ? `${word} is ignored` : `${word} in ${variable} is ignored`, where: place });
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!/^-[A-Za-z0-9]/.test(word)) {
      warn(word);
      continue;
    }
    // Several flags may share a dash: -qC, -4p22.
    for (let at = 1; at < word.length; at++) {
      const flag = word[at] ?? '';
      const value = (): string => {
        const rest = word.slice(at + 1);
        at = word.length;
        const found = rest !== '' ? rest : words[++i];
        if (found !== undefined && found !== '') return found;
        throw new InputError({ what: `-${flag} in ${variable} has no value`, where, fix: `Correct ${variable}` });
      };
      const keyword = VALUED[flag];
      if (keyword !== undefined) options.push(option(keyword, value(), place));
      else if (flag === 'o') {
        const text = value();
        const line = parseLine(text, place);
        if (line) options.push(line);
        else warn(`-o ${text}`);
      } else if (flag === 'F') configFile ??= value();
      else if (flag === '4' || flag === '6') options.push(option('addressfamily', flag === '4' ? 'inet' : 'inet6', place));
      else if (HARMLESS_VALUED.has(flag)) value();
      else if (flag === 'A') warn('-A (agent forwarding)');
      else if (!HARMLESS.has(flag)) {
        warn(word);
        break;
      }
    }
  }
  return { options, configFile, warnings };
}

/** An option that does not come from a file. */
export function option(keyword: string, value: string, where: Where): OptionLine {
  return { keyword, args: [value], rest: value, where };
}

function split(text: string, where: Place | undefined, variable: string): string[] {
  try {
    return shellWords(text);
  } catch (error) {
    if (!(error instanceof ShellWordsError)) throw error;
    throw new InputError({ what: `${variable}: ${error.message}`, where, fix: `Correct ${variable}` });
  }
}
