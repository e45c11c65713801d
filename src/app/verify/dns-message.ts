/** The query's id, which the answer repeats. */
const ID = [0xab, 0xcd];

/** A query for the IPv4 address of a name, as bytes. Source: RFC 1035, 4.1 */
export function dnsQuery(name: string): number[] {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'ascii')]);
  return [...ID, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1];
}

/** What printf of any shell turns into these bytes. */
export function octal(bytes: readonly number[]): string {
  return bytes.map((b) => `\\${b.toString(8).padStart(3, '0')}`).join('');
}

/** Source: RFC 1035, 4.1.1 */
const CODES = ['', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** What an answer in hexadecimal digits says: an address, or why there is none. Empty: nothing came. */
export function dnsAnswer(hex: string): { readonly address?: string; readonly why?: string } {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length === 0) return { why: 'no answer' };
  if (bytes.length < 12 || bytes[0] !== ID[0] || bytes[1] !== ID[1]) return { why: 'an answer to another question' };
  const code = (bytes[3] ?? 0) & 0x0f;
  if (code !== 0) return { why: `the answer is ${CODES[code] ?? `error ${code}`}` };
  if (bytes.readUInt16BE(6) === 0) return { why: 'the answer has no address' };
  let at = 12;
  const skipName = (): void => {
    for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
      // A pointer ends a name.
      if (length >= 0xc0) {
        at += 2;
        return;
      }
      at += length + 1;
    }
    at += 1;
  };
  skipName();
  at += 4;
  for (let left = bytes.readUInt16BE(6); left > 0 && at + 12 <= bytes.length; left--) {
    skipName();
    if (at + 10 > bytes.length) break;
    const [type, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 8)];
    at += 10;
    if (type === 1 && length === 4 && at + 4 <= bytes.length) return { address: bytes.subarray(at, at + 4).join('.') };
    at += length;
  }
  return { why: 'the answer has no address' };
}
