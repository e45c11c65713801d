import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Debian's Python, which ansible-core is installed for. */
const PYTHON = '/usr/bin/python3';

/** Whether ansible-core is there to be asked. */
export const haveAnsible = spawnSync(PYTHON, ['-c', 'import ansible.cli.inventory'], { stdio: 'ignore' }).status === 0;

export interface Question {
  readonly sources: readonly string[];
  readonly ask: 'list' | 'graph' | 'vars-graph' | 'host' | 'patterns';
  readonly extra?: readonly string[];
  readonly playbook?: string;
  readonly host?: string;
  readonly patterns?: readonly string[];
  readonly subset?: string;
  readonly cwd?: string;
}

export interface Answer {
  readonly text?: string;
  readonly hosts?: readonly (readonly string[] | { readonly error: string })[];
  readonly error?: string;
  readonly warnings: readonly string[];
}

/** Ansible failed, or passed over a file that it could not read. */
export function refused(answer: Answer): boolean {
  return answer.error !== undefined || answer.warnings.some((w) => /Unable to parse|No inventory was parsed/.test(w));
}

/** Ansible in one process for many questions: starting it takes a second. */
export class AnsibleOracle {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor() {
    const script = join(import.meta.dirname, '../oracle/inventory_oracle.py');
    const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('ANSIBLE_')));
    this.#child = spawn(PYTHON, [script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...env,
        ANSIBLE_CONFIG: join(import.meta.dirname, '../oracle/ansible.cfg'),
        PYTHONIOENCODING: 'utf-8:surrogatepass',
      },
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer));
    this.#child.on('exit', (code) => {
      for (const answer of this.#waiting.splice(0)) answer({ error: `the oracle ended with ${code}`, warnings: ['ORACLE'] });
    });
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }
}
