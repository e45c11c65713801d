/**
 * Makes control characters visible, so that a host's output can neither move the cursor nor forge output of Kubewright. Tabs
 * stay. Progress bars redraw a line after a carriage return, so only the text after the last one is kept.
 */
export function escapeLine(line: string): string {
  return escapeAll(line.replace(/\r+$/, '').replace(/^.*\r/s, ''));
}

/** Keeps carriage returns too: in a diff they may be the only difference. */
export function escapeAll(line: string): string {
  // C0 except tab, DEL, C1, and bidirectional control characters.
  return line.replaceAll(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
