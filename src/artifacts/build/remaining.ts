import { availableParallelism } from 'node:os';

/** A stage of a build, with an estimate for 2 cores. */
export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

/** Keeps count of what a build has still to do, for people. */
export class Remaining {
  readonly #left: Map<string, number>;
  readonly #speed: number;

  /** @param cores of this host; the estimates are for 2. */
  constructor(stages: readonly Stage[], cores: number = availableParallelism()) {
    this.#left = new Map(stages.map((s) => [s.name, s.seconds]));
    this.#speed = cores / 2;
  }

  done(name: string): void {
    this.#left.delete(name);
  }

  /** `remaining: calico, coredns, runc; about 7 min`; empty when nothing remains. */
  text(): string {
    if (this.#left.size === 0) return '';
    return `remaining: ${[...this.#left.keys()].join(', ')}; ${this.estimate()}`;
  }

  /** `about 7 min`, and under a minute `less than a minute`. */
  estimate(): string {
    const seconds = [...this.#left.values()].reduce((sum, s) => sum + s, 0) / this.#speed;
    return seconds < 60 ? 'less than a minute' : `about ${Math.round(seconds / 60)} min`;
  }
}
