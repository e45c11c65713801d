import { Help } from '@oclif/core/help';

/** Headings of `kubewright --help`. Commands and topics that are not listed come last, under OTHER. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  CLUSTER: ['provision', 'verify', 'runs', 'versions'],
  INVENTORY: ['inventory'],
  HOSTS: ['keys', 'exec', 'ssh', 'run'],
  'OFFLINE AND LAB': ['bundle', 'lab', 'demo'],
};

interface Entry {
  readonly name: string;
  readonly text: string | undefined;
}

/** oclif's help, with commands and topics in groups by what they are for. */
export class GroupedHelp extends Help {
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
