import { existsSync } from 'node:fs';
import { InputError } from '../errors.js';
import type { Variable } from './model.js';
import { ShellWordsError, shellWords } from './words.js';
import { parseYaml, readVariables, variablesOf } from './yaml-source.js';

const source = { file: '--extra-vars', line: 0, column: 0 };

/** `-e key=value`, `-e @file.yml`, `-e '{json or yaml}'`; later ones win. Values of key=value stay text, as in Ansible. */
export async function parseExtraVars(args: readonly string[]): Promise<Map<string, Variable>> {
  const out = new Map<string, Variable>();
  for (const arg of args) for (const [name, variable] of parse(arg)) out.set(name, variable);
  return out;
}

function parse(arg: string): Map<string, Variable> {
  if (arg.startsWith('@')) {
    const path = arg.slice(1);
    if (!existsSync(path))
      throw new InputError({ what: 'There is no such file of variables', where: path, todo: 'Check the path after -e @' });
    return readVariables(path);
  }
  if (/^\s*[{[]/.test(arg)) {
    const yaml = parseYaml(arg, '--extra-vars');
    const map = variablesOf(yaml, yaml.root, '--extra-vars');
    return new Map([...map].map(([name, v]) => [name, { value: v.value, source }]));
  }
  try {
    return new Map(
      shellWords(arg).map((word) => {
        const equals = word.indexOf('=');
        if (equals <= 0)
          throw new InputError({
            what: `${word} is not a variable`,
            where: '--extra-vars',
            todo: 'Write -e name=value, -e @file.yml or -e \'{"name": "value"}\'',
          });
        return [word.slice(0, equals), { value: word.slice(equals + 1), source }];
      }),
    );
  } catch (error) {
    if (error instanceof ShellWordsError)
      throw new InputError({
        what: 'The variables cannot be read',
        where: '--extra-vars',
        why: error.message,
        todo: 'Close the quotes',
      });
    throw error;
  }
}
