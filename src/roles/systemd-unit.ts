/** Settings of one section; a list repeats its key. */
export type UnitSection = Readonly<Record<string, string | readonly string[]>>;

/** Text of a systemd unit. The values are ours and have no line breaks. */
export function systemdUnit(sections: Readonly<Record<string, UnitSection>>): string {
  return Object.entries(sections)
    .map(([name, settings]) => {
      const lines = Object.entries(settings).flatMap(([key, value]) =>
        (typeof value === 'string' ? [value] : value).map((v) => `${key}=${key === 'Environment' ? `"${v}"` : v}`),
      );
      return `[${name}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
