/** Ansible reads an empty pattern as all hosts; most likely a variable was not set. */
export function isEmptyPattern(pattern: string): boolean {
  return /^[\s,:]*$/.test(pattern);
}
