import { basename, delimiter, dirname, relative } from 'node:path';

/** What messages and docs call it. */
const NAME = 'kubewright';

let called = NAME;

/**
 * Notes how the tool was started, so that the commands that it prints can be typed as they are: `npx kubewright`,
 * `node bin/run.js`, or the name of a link. KUBEWRIGHT_NAME overrides it, for wrappers.
 * @param script `process.argv[1]`
 */
export function noteCall(script: string | undefined, env: NodeJS.ProcessEnv, cwd: string): void {
  called = env.KUBEWRIGHT_NAME || (script === undefined ? NAME : nameOf(script, env, cwd));
}

/** How the tool was started: the first words of a command line. */
export function toolName(): string {
  return called;
}

/** A text whose command lines begin with `kubewright`, with the words that were really typed. */
export function asCalled(text: string): string {
  return called === NAME ? text : text.replaceAll(/(?<![\w=/:.@-])kubewright (?=--?[a-z]|[a-z])/g, () => `${called} `);
}

function nameOf(script: string, env: NodeJS.ProcessEnv, cwd: string): string {
  const near = relative(cwd, script);
  const path = near !== '' && near.length < script.length ? near : script;
  if (basename(script) === 'run.js') return `node ${path}`;
  // npm sets it for `npx` and `npm exec`.
  if (env.npm_command === 'exec') return `npx ${NAME}`;
  if ((env.PATH ?? '').split(delimiter).includes(dirname(script))) return basename(script);
  return path.includes('/') ? path : `./${path}`;
}
