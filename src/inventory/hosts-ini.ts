interface HostLine {
  readonly name: string;
  /** In the order in which they are written. Values are plain words: addresses, names, numbers. */
  readonly vars?: Readonly<Record<string, string>>;
}

export interface HostsIni {
  /** Comment lines at the top of the file, without `# `. */
  readonly comments?: readonly string[];
  /** The section `all`: every host with its variables. */
  readonly hosts: readonly HostLine[];
  /** Pads names so that variables start in one column. */
  readonly aligned?: boolean;
  /** Sections after it, `k8s-cluster:children` among them: header → names. */
  readonly sections?: readonly (readonly [header: string, names: readonly string[]])[];
}

/** The text of a hosts.ini. */
export function hostsIni({ comments = [], hosts, aligned = false, sections = [] }: HostsIni): string {
  const width = aligned ? Math.max(0, ...hosts.map((h) => h.name.length)) : 0;
  const lines = hosts.map(({ name, vars = {} }) =>
    [name.padEnd(width), ...Object.entries(vars).map(([key, value]) => `${key}=${value}`)].join(' '),
  );
  const section = (header: string, names: readonly string[]): string => block([`[${header}]`, ...names]);
  const head = comments.length === 0 ? [] : [block(comments.map((c) => `# ${c}`))];
  return [...head, section('all', lines), ...sections.map(([header, names]) => section(header, names))].join('\n');
}

function block(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
