import { basename } from 'node:path';
import { type PlaybookOptions, runPlaybook } from './run-playbook.js';

export interface RunOptions extends PlaybookOptions {
  readonly playbook: string;
}

/** Runs a user's playbook on any hosts. @returns the exit code, see `runPlaybook`. */
export async function run(o: RunOptions): Promise<number> {
  return runPlaybook({ ...o, title: `run ${basename(o.playbook)}`, cluster: false });
}
