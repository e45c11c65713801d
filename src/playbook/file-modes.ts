/** What is wrong with a file's mode or owner, and what to write instead. */
export type Objection = readonly [what: string, fix: string];

/** As chmod takes it: three to five digits. */
export function modeObjection(mode: string): Objection | undefined {
  return /^0?[0-7]{3,4}$/.test(mode) ? undefined : ['mode must be octal', "Write mode: '0644'"];
}

/** `key`: owner or group. */
export function ownerObjection(key: 'owner' | 'group', name: string): Objection | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(name)) return undefined;
  return [`${key} must be the name or number of a ${key === 'owner' ? 'user' : 'group'}`, `Write ${key}: root`];
}

/** Its value is known once it is rendered for a host. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}
