/** Gives the turn, or says why there is none. */
type Answer = (refusal?: string) => void;

interface Waiting {
  readonly host: string;
  readonly answer: Answer;
}

/**
 * Which host of a run may take something away from the cluster: one after the other, in the order of their requests. When one does not
 * come back no other host gets a turn in this run.
 */
export class Turns {
  readonly #waiting = new Map<string, Waiting>();
  #holder: string | undefined;
  #refusal: string | undefined;

  /** @param program unique in the run. */
  ask(program: string, host: string, answer: Answer): void {
    if (this.#refusal !== undefined) return answer(this.#refusal);
    this.#waiting.set(program, { host, answer });
    this.#next();
  }

  /** The host has come back. */
  back(program: string): void {
    if (this.#holder !== program) return;
    this.#waiting.delete(program);
    this.#holder = undefined;
    this.#next();
  }

  /** A program is over. @param well it has come to its end, so its host has come back. */
  over(program: string, well: boolean): void {
    if (this.#holder !== program) {
      this.#waiting.delete(program);
      return;
    }
    if (well) return this.back(program);
    const host = this.#waiting.get(program)?.host ?? 'another host';
    this.#waiting.delete(program);
    this.#refusal = `nothing was changed here, because ${host} did not come back from its turn`;
    for (const { answer } of this.#waiting.values()) answer(this.#refusal);
    this.#waiting.clear();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#holder !== undefined || !first) return;
    const [program, { answer }] = first;
    this.#holder = program;
    answer();
  }
}
