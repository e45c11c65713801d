import type { Command, Config, Interfaces } from '@oclif/core';
import { CommandHelp, Help } from '@oclif/core/help';

/** Headings of `kubewright --help`. Commands and topics that are not listed come last, under OTHER. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  CLUSTER: [
    'provision',
    'status',
    'verify',
    'kubeconfig',
    'dashboard',
    'upgrade',
    'rollback',
    'remove',
    'recover',
    'reset',
    'etcd',
    'certs',
  ],
  INFORMATION: ['runs', 'settings', 'versions'],
  INVENTORY: ['inventory'],
  HOSTS: ['keys', 'exec', 'ssh', 'run'],
  'OFFLINE AND LAB': ['bundle', 'lab', 'demo'],
  TOOL: ['completion', 'help'],
};

/** Columns of a terminal on which oclif gives each flag lines of its own. */
const NARROW = 60;
const LEAST = 30;

interface Entry {
  readonly name: string;
  readonly text: string | undefined;
}

/** The flags of a command are listed in groups, so its usage line need not repeat them. */
class ShortUsage extends CommandHelp {
  /** oclif's own breaks a narrow line within its template, which then cannot be read. */
  protected override usage(): string {
    return this.wrap(`$ ${this.config.bin} ${this.defaultUsage().replaceAll(':', this.config.topicSeparator)}`);
  }

  protected override defaultUsage(): string {
    const { args, flags, id } = this.command;
    const words = Object.values(args).map((a) => this.arg(a as Command.Arg.Any));
    const more = id === 'exec' || id.endsWith('ssh') ? ['[-- COMMAND]'] : [];
    const required = Object.values(flags)
      .filter((f) => f.required === true)
      .map((f) => `--${f.name} <value>`);
    return [id, ...words, ...required, '[FLAGS]', ...more].join(' ');
  }

  /** Without `[default: ]` of flags that may be repeated. */
  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map((f) =>
        Array.isArray((f as { default?: unknown }).default) ? { ...f, default: undefined } : f,
      ) as Command.Flag.Any[],
    );
  }
}

/** oclif's help, with commands and topics in groups by what they are for. */
export class GroupedHelp extends Help {
  protected override CommandHelpClass = ShortUsage;

  constructor(config: Config) {
    const options: Partial<Interfaces.HelpOptions> = { docopts: false };
    const { isTTY, columns } = process.stdout;
    // Lists that oclif breaks up are indented by two more than it counts.
    if (isTTY && columns < NARROW) options.maxWidth = Math.max(columns, LEAST) - 2;
    super(config, options);
  }

  /** Texts that are not indented are printed by oclif as they are. */
  protected override log(...lines: string[]): void {
    const wrapped = lines.map((text) =>
      text
        .split('\n')
        .map((line) => (/^\S/.test(line) ? this.wrap(line, 0) : line))
        .join('\n'),
    );
    super.log(...wrapped);
  }

  protected override async showRootHelp(): Promise<void> {
    const topics = this.sortedTopics.map((t): Entry => ({ name: t.name, text: t.description }));
    const commands = this.sortedCommands.map((c): Entry => ({ name: c.id, text: this.summary(c) }));
    const entries = [...topics, ...commands].filter((e) => !e.name.includes(':'));
    const width = Math.max(...entries.map((e) => e.name.length));
    const listed = new Set(Object.values(GROUPS).flat());
    const other = entries.filter((e) => !listed.has(e.name));
    this.log(this.formatRoot());
    this.log('');
    for (const [title, names] of [...Object.entries(GROUPS), ['OTHER', other.map((e) => e.name)] as const]) {
      const rows = names.flatMap((name) => entries.filter((e) => e.name === name));
      if (rows.length === 0) continue;
      const list = rows.map((e) => [e.name.padEnd(width), e.text]);
      this.log(this.section(title, this.renderList(list, { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi })));
      this.log('');
    }
  }
}
