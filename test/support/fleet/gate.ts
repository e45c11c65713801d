import { rmSync, writeFileSync } from 'node:fs';
import type { CliFleet } from './cli.js';

const PLAYBOOK = `- name: First
  hosts: all
  tasks:
    - name: Gate
      run: |
        echo gate >> /root/ran
        while [ ! -e /root/go ]; do sleep 0.1; done
        echo opened >> /root/ran
    - { name: After, run: echo after >> /root/ran }
- { name: Then, hosts: all, tasks: [{ name: Then, run: echo then >> /root/ran }] }
`;

/**
 * A playbook whose first task waits on each machine until the test lets it go on. Every task notes in `/root/ran` that it was
 * there; that the gate's second half is missing shows that the task was killed.
 */
export class Gate {
  readonly #fleet: CliFleet;

  constructor(fleet: CliFleet) {
    this.#fleet = fleet;
  }

  /** Shuts the gate, forgets what ran, and writes the playbook. @returns its path. */
  shut(): string {
    for (const file of ['ran', 'go']) for (const host of this.#hosts()) rmSync(this.#fleet.root(host, file), { force: true });
    return this.#fleet.file('gate.yml', PLAYBOOK);
  }

  /** Whether every machine waits at it. */
  reached(): boolean {
    return this.#hosts().every((h) => this.#fleet.read(h, 'ran') === 'gate\n');
  }

  open(): void {
    for (const host of this.#hosts()) writeFileSync(this.#fleet.root(host, 'go'), '');
  }

  #hosts(): string[] {
    return this.#fleet.fleet.hosts.map((h) => h.name);
  }
}
