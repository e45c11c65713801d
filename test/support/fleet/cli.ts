import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Fleet, type FleetOptions, missingForFleet, startFleet } from '../../../bench/support/fleet.mjs';
import type { Journaled } from '../../../src/engine/journal/journal-read.js';
import { readJournal, runsIn } from '../../../src/engine/journal/journal-read.js';
import { Cli, type CliOptions, missingForCli } from '../cli.js';

export const reason = missingForFleet() ?? missingForCli();

/** /run/kubewright of each machine is its own; without it all of them were one machine for locks. */
const OWN_RUN = 'mount -t tmpfs -o mode=0755 tmpfs /run && mkdir -p /run/sshd';

/** What comes first in the PATH of the machines is theirs to fake. */
export const GATED = 'SetEnv PATH=/home/bin:/usr/bin:/bin';

/**
 * Machines for one `describe`, and operators that use the real command line against them. `/root` of a machine is its own, and
 * lies at `root(NAME)` for the test.
 */
export class CliFleet {
  fleet!: Fleet;
  readonly #options: FleetOptions;
  readonly #started: Cli[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
    beforeAll(async () => {
      this.fleet = await startFleet({ setup: OWN_RUN, ...this.#options });
      mkdirSync(this.home);
    }, 60_000);
    afterEach(async () => {
      for (const cli of this.#started.splice(0)) await cli.kill();
      // What a test that failed has left at work must not spoil the next one.
      for (const { name } of this.fleet.hosts.filter((h) => this.left(h.name) !== '')) {
        await this.fleet.kill(name);
        await this.fleet.start(name);
      }
    });
    afterAll(async () => {
      await this.fleet?.stop();
    });
  }

  /** The operator's home and working folder. */
  get home(): string {
    return join(this.fleet.dir, 'operator');
  }

  get journals(): string {
    return join(this.home, '.kubewright', 'runs');
  }

  start(args: readonly string[], o: Partial<CliOptions> = {}): Cli {
    const env = { HOME: this.home, KUBEWRIGHT_INVENTORY: this.fleet.inventoryPath, SSH_AUTH_SOCK: '', ...o.env };
    const cli = new Cli(args, { cwd: this.home, ...o, env });
    this.#started.push(cli);
    return cli;
  }

  async run(args: readonly string[], o: Partial<CliOptions> = {}): Promise<Cli & { code: unknown }> {
    const cli = this.start(args, o);
    return Object.assign(cli, { code: await cli.ended });
  }

  /** Writes a file of the operator's. */
  file(name: string, text: string): string {
    const path = join(this.home, name);
    writeFileSync(path, text);
    return path;
  }

  /** A file of a machine's /root. */
  read(host: string, name: string): string {
    const path = this.root(host, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  root(host: string, name: string): string {
    const found = this.fleet.hosts.find((h) => h.name === host);
    if (!found) throw new Error(`no machine ${host}`);
    return join(found.dir, 'root', name);
  }

  /**
   * `mv` on a machine waits at the moment when a file gets this name, until the test lets it go on. The fleet needs GATED among its
   * settings, and `ungate` after each test.
   */
  gate(name: string, file: string): { readonly reached: () => boolean; open(): void } {
    const host = this.fleet.hosts.find((h) => h.name === name);
    if (!host) throw new Error(`no machine ${name}`);
    const bin = join(host.dir, 'home/bin');
    mkdirSync(bin, { recursive: true });
    const wait = '{ : > /home/kw/here; while [ ! -e /home/kw/go ]; do sleep 0.1; done; }';
    writeFileSync(join(bin, 'mv'), `#!/bin/sh\n[ "\${3##*/}" != ${file} ] || ${wait}\nexec /bin/mv "$@"\n`);
    chmodSync(join(bin, 'mv'), 0o755);
    return { reached: () => existsSync(join(host.home, 'here')), open: () => writeFileSync(join(host.home, 'go'), '') };
  }

  /** Machines without keys of their own, and without gates. */
  ungate(): void {
    for (const h of this.fleet.hosts) {
      this.fleet.run(
        h.name,
        'pkill -KILL -u kw; rm -rf /home/bin /home/kw/.ssh/id_* /home/kw/.ssh/known_hosts; cd /home/kw && rm -f here go',
      );
      writeFileSync(join(h.home, '.ssh/authorized_keys'), readFileSync(`${this.fleet.keyFile}.pub`, 'utf8'));
    }
  }

  /** What a run has left on a machine: lock and programs. */
  left(host: string): string {
    return this.fleet.run(host, 'ls /run/kubewright 2>/dev/null; true').stdout.trim();
  }

  /** The process ids, on the machine, of commands whose arguments hold this. */
  processes(host: string, words: string): string[] {
    const { stdout } = this.fleet.run(host, 'ps -eo pid=,args=');
    return stdout.split('\n').filter((l) => l.includes(words));
  }

  /** Names of all runs, the oldest first. */
  runs(): string[] {
    return existsSync(this.journals) ? runsIn(this.journals) : [];
  }

  journal(run: string): Journaled {
    return readJournal(join(this.journals, run), run);
  }

  /** Everything that lies in the journals' folder, as one text. */
  everything(): string {
    return readdirSync(this.journals, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => readFileSync(join(e.parentPath, e.name), 'utf8'))
      .join('\n');
  }
}

/** Waits for something outside of this process; `cli` must not end meanwhile. */
export async function until(what: string, holds: () => boolean, cli?: Cli): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (holds()) return;
    cli?.mustRun();
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`waited 30 s for: ${what}`);
}
