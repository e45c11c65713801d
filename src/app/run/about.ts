import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import type { RunAbout } from '../../engine/journal/journal.js';

/** Names of variables whose values must not be in a journal. */
const SECRET_NAME = /pass|pwd|secret|token|key|credential|auth/i;

/** What the journal records about the command of the user. @param began when it was given, in ms since 1970. */
export function runAbout(began: number, o: Pick<RunAbout, 'inventory' | 'playbook' | 'limit' | 'tags' | 'skipTags'>): RunAbout {
  const { version }: { version: string } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  return {
    kubewright: version,
    command: safeCommand(process.argv.slice(2)),
    cwd: process.cwd(),
    started: new Date(began).toISOString(),
    // Listed one by one: the rest of the options must not be written to a file.
    inventory: o.inventory,
    playbook: o.playbook,
    limit: o.limit,
    tags: o.tags,
    skipTags: o.skipTags,
  };
}

/** A command line without the values that `--extra-vars` gives to names that look secret. */
export function safeCommand(argv: readonly string[]): string[] {
  return argv.map((arg, i) => {
    const [, flag = '', value = ''] = /^(-e=?|--extra-vars=)(.+)$/s.exec(arg) ?? [];
    if (flag !== '') return flag + safeVars(value);
    return /^(-e|--extra-vars)$/.test(argv[i - 1] ?? '') ? safeVars(arg) : arg;
  });
}

function safeVars(text: string): string {
  // JSON or YAML may hold anything at any depth.
  if (/^\s*[[{]/.test(text)) return '***';
  // The value ends at a space outside of quotes.
  return text.replaceAll(/([\w.-]+)=("[^"]*"|'[^']*'|\S*)/g, (whole, name: string) =>
    SECRET_NAME.test(name) ? `${name}=***` : whole,
  );
}
