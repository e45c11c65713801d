/** How Vagrant itself logs in to a machine. */
export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keys: readonly string[];
}

/** What `vagrant ssh-config` prints: one block per machine. */
export function parseSshConfig(text: string): Map<string, SshLogin> {
  const found = new Map<string, SshLogin>();
  let name = '';
  let fields = new Map<string, string[]>();
  const close = () => {
    const host = fields.get('hostname')?.[0];
    if (name !== '' && host !== undefined) {
      found.set(name, {
        host,
        port: Number(fields.get('port')?.[0] ?? 22),
        user: fields.get('user')?.[0] ?? 'vagrant',
        keys: fields.get('identityfile') ?? [],
      });
    }
    fields = new Map();
  };
  for (const line of text.split('\n')) {
    const [, keyword = '', raw = ''] = /^\s*(\w+)\s+(.*?)\s*$/.exec(line) ?? [];
    const value = raw.replace(/^"(.*)"$/, '$1');
    if (keyword.toLowerCase() === 'host') {
      close();
      name = value;
    } else if (keyword !== '') {
      const key = keyword.toLowerCase();
      fields.set(key, [...(fields.get(key) ?? []), value]);
    }
  }
  close();
  return found;
}
