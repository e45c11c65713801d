import { spawn } from 'node:child_process';

/** What opens a URL on this machine; undefined: there is no screen. */
function opener(env: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'darwin') return 'open';
  return env.DISPLAY || env.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

/**
 * Opens a URL in the user's browser.
 * @param url is seen by all users of this machine: no secret in it.
 * @returns why there is none; undefined: it has been told to.
 */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const program = opener(env);
  if (program === undefined) return Promise.resolve('there is no screen (DISPLAY is not set)');
  return new Promise((resolve) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true, env });
    // Some stay as long as the browser.
    const timer = setTimeout(() => settle(undefined), 3000);
    const settle = (problem: string | undefined): void => {
      clearTimeout(timer);
      child.unref();
      resolve(problem);
    };
    child.on('error', (cause) => settle(`${program} cannot be started: ${cause.message}`));
    child.on('exit', (code) => settle(code === 0 ? undefined : `${program} ended with ${code}`));
  });
}
