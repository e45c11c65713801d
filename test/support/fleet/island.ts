import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A network of its own behind a cable that can be cut: a network namespace at one end of a veth pair. `remove` takes it away. */
export class Island {
  readonly name = `kwt${randomBytes(4).toString('hex')}`;
  /** Of the benchmarking addresses (RFC 2544), which nobody has. */
  readonly #net = `198.${randomInt(18, 20)}.${randomInt(0, 256)}`;
  readonly address = `${this.#net}.2`;

  /** @throws what `ip` says; nothing is left then. */
  constructor() {
    try {
      ip('netns', 'add', this.name);
      // A name of an interface has at most 15 characters.
      ip('link', 'add', `${this.name}a`, 'type', 'veth', 'peer', 'name', `${this.name}b`, 'netns', this.name);
      ip('address', 'add', `${this.#net}.1/30`, 'dev', `${this.name}a`);
      ip('link', 'set', `${this.name}a`, 'up');
      ip('-n', this.name, 'address', 'add', `${this.address}/30`, 'dev', `${this.name}b`);
      ip('-n', this.name, 'link', 'set', `${this.name}b`, 'up');
      ip('-n', this.name, 'link', 'set', 'lo', 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Words in front of a command that shall run there. */
  get under(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Packets are dropped in both directions, and nobody is told. */
  drop(on: boolean): void {
    for (const chain of ['INPUT', 'OUTPUT'])
      execFileSync('ip', ['netns', 'exec', this.name, 'iptables', on ? '-A' : '-D', chain, '-j', 'DROP'], { stdio: 'pipe' });
  }

  /** The cable is pulled out, or put in again. */
  cable(state: 'up' | 'down'): void {
    ip('-n', this.name, 'link', 'set', `${this.name}b`, state);
  }

  remove(): void {
    // The pair goes with either end.
    spawnSync('ip', ['link', 'delete', `${this.name}a`]);
    spawnSync('ip', ['netns', 'delete', this.name]);
  }
}

/** Why there can be no island here; undefined: there can. */
export function missingForIsland(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('sh', ['-c', 'command -v ip iptables']).status !== 0) return 'needs ip and iptables';
  try {
    const island = new Island();
    try {
      island.drop(true);
    } finally {
      island.remove();
    }
    return undefined;
  } catch {
    return 'needs network namespaces, veth and iptables';
  }
}
