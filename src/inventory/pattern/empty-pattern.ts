/** To Ansible a pattern without a name is one of all hosts; most likely somebody's variable was not set. */
export function isEmptyPattern(pattern: string): boolean {
  return /^[\s,:]*$/.test(pattern);
}
