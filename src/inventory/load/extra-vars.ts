import { existsSync } from 'node:fs';
import { InputError } from '../../base/errors.js';
import { expandPath } from '../../base/expand-path.js';
import { wholeFile } from '../../base/place.js';
import { parseYaml, readVariables, variablesOf } from '../formats/yaml/source.js';
import type { Variable } from '../model/values.js';
import { decodeEscapes, splitArgs, UnbalancedError, unquote } from '../python/split-args.js';

const NAME = '--extra-vars';
const source = { file: NAME, line: 0, column: 0 };

/** `-e key=value`, `-e @file.yml`, `-e '{json or yaml}'`; later ones win. Values of key=value stay text, as in Ansible. */
export async function parseExtraVars(args: readonly string[]): Promise<Map<string, Variable>> {
  const out = new Map<string, Variable>();
  for (const arg of args) for (const [name, variable] of parse(arg)) out.set(name, variable);
  return out;
}

function parse(arg: string): Map<string, Variable> {
  if (arg === '') return new Map();
  if (arg.startsWith('@')) {
    const path = expandPath(unquote(arg.slice(1)));
    if (!existsSync(path))
      throw new InputError({
        what: 'There is no such variables file',
        where: wholeFile(path),
        fix: 'Check the path after -e @',
      });
    return readVariables(path);
  }
  if (/^[/.]/.test(arg))
    throw new InputError({ what: `${arg} is not a variable`, where: NAME, fix: `Is it a file? Write -e @${arg}` });
  // With a leading space Ansible reads it as words, so it is refused below.
  if (/^[{[]/.test(arg)) {
    const yaml = parseYaml(arg, NAME);
    return new Map([...variablesOf(yaml, yaml.root, NAME)].map(([name, v]) => [name, { ...v, source }]));
  }
  return new Map(words(arg).map((word) => pair(decodeEscapes(word))));
}

function words(arg: string): string[] {
  try {
    return splitArgs(arg);
  } catch (error) {
    if (!(error instanceof UnbalancedError)) throw error;
    throw new InputError({ what: 'The variables cannot be read', where: NAME, why: error.message, fix: 'Close the quotes' });
  }
}

/** An escaped equals sign does not separate. */
function pair(word: string): [string, Variable] {
  let at = word.indexOf('=', 1);
  while (at > 0 && word[at - 1] === '\\') at = word.indexOf('=', at + 1);
  if (at <= 0)
    throw new InputError({
      what: `${word.trim()} is not a variable`,
      where: NAME,
      fix: 'Write -e name=value, -e @file.yml or -e \'{"name": "value"}\'; quote values that contain whitespace: -e \'name="two words"\'',
    });
  return [word.slice(0, at).trim(), { value: unquote(word.slice(at + 1).trim()), source }];
}
