import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Fleet, type FleetHost, type FleetOptions, missingForFleet, startFleet } from '../../../bench/support/fleet.mjs';
import type { DistributeKeysOptions } from '../../../src/app/keys/keys.js';

export const reason = missingForFleet();

/** Machines for one `describe`, and an operator whose home is new. */
export class KeysFleet {
  fleet!: Fleet;
  readonly #before = { home: process.env.HOME, password: process.env.KUBEWRIGHT_SSH_PASSWORD, agent: process.env.SSH_AUTH_SOCK };

  constructor(options: FleetOptions) {
    beforeAll(async () => {
      this.fleet = await startFleet({ authorize: false, hostKeyTypes: ['ed25519', 'ecdsa'], ...options });
      mkdirSync(this.operatorHome);
      process.env.HOME = this.operatorHome;
      process.env.KUBEWRIGHT_SSH_PASSWORD = this.fleet.password;
      delete process.env.SSH_AUTH_SOCK;
    });
    afterAll(async () => {
      restore('HOME', this.#before.home);
      restore('KUBEWRIGHT_SSH_PASSWORD', this.#before.password);
      restore('SSH_AUTH_SOCK', this.#before.agent);
      await this.fleet?.stop();
    });
  }

  get operatorHome(): string {
    return join(this.fleet.dir, 'operator');
  }

  host(name: string): FleetHost {
    const host = this.fleet.hosts.find((h) => h.name === name);
    if (!host) throw new Error(`no machine ${name}`);
    return host;
  }

  options(more: Partial<DistributeKeysOptions> = {}): DistributeKeysOptions {
    return { inventory: [this.fleet.inventoryPath], extraVars: [], connection: {}, ...more };
  }

  /** A file of the account's ~/.ssh. */
  read(name: string, file: string): string {
    return readFileSync(join(this.host(name).home, '.ssh', file), 'utf8');
  }

  /** Writes one, as the account itself would have. */
  write(name: string, file: string, text: string, mode = '600'): void {
    const ssh = join(this.host(name).home, '.ssh');
    mkdirSync(ssh, { recursive: true, mode: 0o700 });
    writeFileSync(join(ssh, file), text);
    this.run(name, `chmod ${mode} /home/kw/.ssh/${file}; chown -R kw:kw /home/kw/.ssh`);
  }

  mode(name: string, path: string): string {
    return (statSync(join(this.host(name).home, path)).mode & 0o7777).toString(8);
  }

  run(name: string, command: string, input?: string): string {
    const { code, stdout, stderr } = this.fleet.run(name, command, input);
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
  }

  /** Every file of all homes with its content, mode and time of change. */
  snapshot(): Record<string, string> {
    const folders = [...this.fleet.hosts.flatMap((h) => [join(h.dir, 'home'), join(h.dir, 'root')]), this.operatorHome];
    const paths = folders.flatMap((d) => readdirSync(d, { recursive: true, encoding: 'utf8' }).map((f) => join(d, f)));
    return Object.fromEntries(
      paths.sort().map((p) => {
        const s = statSync(p);
        return [p, `${s.mode.toString(8)} ${s.uid} ${s.ctimeMs} ${s.isFile() ? readFileSync(p, 'latin1') : ''}`];
      }),
    );
  }

  /** Files that a program which was cut off could have left. */
  halfWritten(): string[] {
    return Object.keys(this.snapshot()).filter((p) => /\.kw-/.test(p));
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
