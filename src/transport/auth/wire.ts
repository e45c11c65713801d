/** A string in SSH's wire format, after its length. Source: RFC 4251, section 5. */
export function packString(value: Buffer | string): Buffer {
  const data = typeof value === 'string' ? Buffer.from(value) : value;
  const out = Buffer.allocUnsafe(4 + data.length);
  out.writeUInt32BE(data.length);
  data.copy(out, 4);
  return out;
}

export class WireReader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  uint32(): number {
    const value = this.#data.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** @throws RangeError if the data is too short. */
  string(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#data.length) throw new RangeError('cut off');
    const value = this.#data.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  skip(bytes: number): this {
    this.#at += bytes;
    return this;
  }
}

/** The type at the beginning of a key's or certificate's wire format. */
export function wireType(blob: Buffer): string {
  try {
    return new WireReader(blob).string().toString('latin1');
  } catch {
    return '';
  }
}
