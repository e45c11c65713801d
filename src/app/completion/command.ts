import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { toolName } from '../../base/text/tool-name.js';
import { SHELLS, type ShellName } from '../../shortcuts/shells.js';
import { type CommandWords, complete } from './complete.js';
import { completionScript } from './scripts.js';

/** `completion SHELL`. @returns exit code. @throws InputError where the tool has no name that a shell could complete. */
export function printCompletion(shell: ShellName | undefined): number {
  const chosen = shell ?? SHELLS.find((name) => (process.env.SHELL ?? '').endsWith(`/${name}`));
  if (chosen === undefined)
    throw new InputError({ what: 'No shell was named', fix: `Write kubewright completion ${SHELLS.join('|')}` });
  const name = toolName();
  process.stdout.write(completionScript(chosen, /^[\w.-]+$/.test(name) ? name : 'kubewright'));
  return 0;
}

/** The question of such a script. @param words after the tool's name, the last one incomplete. @returns exit code */
export async function answerCompletion(words: readonly string[]): Promise<number> {
  const [{ commands }, { oclif }] = await Promise.all([
    json<{ commands: Record<string, CommandWords> }>('oclif.manifest.json'),
    json<{ oclif: { topics: Record<string, { description: string }> } }>('package.json'),
  ]);
  const topics = Object.fromEntries(Object.entries(oclif.topics).map(([name, t]) => [name, t.description]));
  const found = await complete(words, commands, topics);
  const lines =
    typeof found === 'string' ? [`:${found}`] : found.map((c) => (c.text ? `${c.value}\t${oneLine(c.text)}` : c.value));
  process.stdout.write(lines.map((l) => `${l}\n`).join(''));
  return 0;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(PACKAGE_ROOT, name), 'utf8')) as T;
}
