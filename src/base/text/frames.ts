/** A line of the protocol, without marker and newline, split at spaces. */
export interface Frame {
  readonly kind: 'frame';
  readonly fields: readonly string[];
}

/** Output of tasks, in order, in pieces of any size. */
export interface Output {
  readonly kind: 'output';
  readonly data: Buffer;
}

/**
 * Separates frames (`\036NONCE …\n`) from output in a byte stream. A frame may begin in the middle of a line, so output
 * without a final newline stays as it is. A frame with another nonce is output.
 */
export class FrameParser {
  readonly #marker: Buffer;
  #rest: Buffer = Buffer.alloc(0);

  constructor(nonce: string) {
    this.#marker = Buffer.from(`\x1e${nonce} `, 'latin1');
  }

  /** The items that are complete so far; an unfinished frame waits for the next call. */
  feed(chunk: Buffer): (Frame | Output)[] {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: (Frame | Output)[] = [];
    for (;;) {
      const at = buffer.indexOf(this.#marker);
      const plain = at === -1 ? buffer.length - this.#unfinished(buffer) : at;
      if (plain > 0) found.push({ kind: 'output', data: buffer.subarray(0, plain) });
      buffer = buffer.subarray(plain);
      if (at === -1) break;
      const end = buffer.indexOf(0x0a);
      if (end === -1) break;
      const fields = buffer.toString('utf8', this.#marker.length, end).split(' ');
      found.push({ kind: 'frame', fields });
      buffer = buffer.subarray(end + 1);
    }
    this.#rest = Buffer.from(buffer);
    return found;
  }

  /** At the end of the stream: the rest, a frame that was never finished. */
  end(): Output[] {
    const data = this.#rest;
    this.#rest = Buffer.alloc(0);
    return data.length > 0 ? [{ kind: 'output', data }] : [];
  }

  /** Length of the end of `buffer` that could be the beginning of a marker. */
  #unfinished(buffer: Buffer): number {
    for (let n = Math.min(this.#marker.length - 1, buffer.length); n > 0; n--) {
      if (buffer.subarray(buffer.length - n).equals(this.#marker.subarray(0, n))) return n;
    }
    return 0;
  }
}
