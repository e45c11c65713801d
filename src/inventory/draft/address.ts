const NUMBERS = '\\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\\]';
const HEX = '\\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\\]';
const ALPHANUMERIC = '\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\\]';
const V6 = `(?:[0-9a-f]{1,4}|${HEX})`;
const V4 = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMBERS})`;
/** Python's \\w. */
const W = '[\\p{L}\\p{N}_]';
const LABEL = `(?:${W}|${ALPHANUMERIC})(?:${W}|-|${ALPHANUMERIC})*(?<![_-])`;

const BRACKETED_PORT = /^\[(.+)\]:([0-9]+)$/;
const PORT = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/;
const IPV4 = new RegExp(`^(?:${V4}\\.){3}${V4}$`, 'i');
const IPV6 = new RegExp(
  `^(?:${[
    `(?:${V6}:){7}${V6}`,
    `(?:${V6}:){1,6}:`,
    `(?:${V6}:)(?::${V6}){1,6}`,
    `(?:${V6}:){2}(?::${V6}){1,5}`,
    `(?:${V6}:){3}(?::${V6}){1,4}`,
    `(?:${V6}:){4}(?::${V6}){1,3}`,
    `(?:${V6}:){5}(?::${V6}){1,2}`,
    `(?:${V6}:){6}(?::${V6})`,
    `:(?::${V6}){1,6}`,
    `${V6}?::`,
    `(?:0:){6}(?:${V6}\\.){3}${V6}`,
    `::(?:ffff:)?(?:${V6}\\.){3}${V6}`,
    `(?:0:){5}ffff:(?:${V6}\\.){3}${V6}$`,
  ].join('|')})`,
  'i',
);
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'iu');

export interface Address {
  readonly host: string;
  readonly port?: number;
}

/**
 * A host name or address, optionally with ranges and a port; undefined: it is neither.
 * Source: ansible/parsing/utils/addresses.py; as there, only the last form of IPv6 must match to the end.
 */
export function parseAddress(text: string, ranges: boolean): Address | undefined {
  let host = text;
  let port: number | undefined;
  for (const pattern of [BRACKETED_PORT, PORT]) {
    const match = pattern.exec(host);
    if (!match) continue;
    host = match[1] ?? '';
    port = Number(match[2]);
  }
  if (!isHostname(host) && !IPV4.test(host) && !(host.includes(':') && IPV6.test(host))) return undefined;
  if (!ranges && host.includes('[')) return undefined;
  return port === undefined ? { host } : { host, port };
}

/** ASCII names need no Unicode check. */
function isHostname(host: string): boolean {
  if (/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/i.test(host)) return true;
  return HOSTNAME.test(host);
}
