import { InputError } from '../../base/errors.js';
import { nearestName } from '../../base/nearest.js';
import { stdoutColumns } from '../../base/text/table.js';
import { wrapTo } from '../../base/text/width.js';
import { withoutEffect } from '../../cluster/kubespray/kubespray.js';
import { type ChangeClass, SETTING_CHANGES } from '../../cluster/living/setting-changes.js';
import { type SettingInfo, settingInfos } from '../../cluster/settings-text.js';

export interface SettingsOptions {
  /** A setting, or a part of its name; absent: all. */
  readonly name?: string;
  readonly json: boolean;
}

/** What changing a setting does to a cluster that runs. */
const CHANGING: Readonly<Record<ChangeClass, string>> = {
  live: 'applied at once, nothing stops for it',
  rolling: 'applied on one host after the other',
  upgrade: 'a version: kubewright upgrade changes it, provision refuses it',
  fixed: 'decided when the cluster is made: provision refuses it',
};

interface SettingRow extends SettingInfo {
  readonly changing: ChangeClass;
}

function rowsOf(): SettingRow[] {
  const classes: Readonly<Record<string, ChangeClass>> = SETTING_CHANGES;
  return settingInfos().map((s) => ({ ...s, changing: classes[s.name] ?? 'fixed' }));
}

/** `settings`. @returns exit code. @throws InputError for a name that no setting has. */
export function settings(o: SettingsOptions): number {
  const all = rowsOf();
  const found = o.name === undefined ? all : matching(all, o.name);
  if (o.json) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  else if (found.length === 1 && found[0]) process.stdout.write(one(found[0]));
  else process.stdout.write(table(found, stdoutColumns()));
  return 0;
}

function matching(all: readonly SettingRow[], name: string): SettingRow[] {
  const exact = all.filter((s) => s.name === name);
  const found = exact.length > 0 ? exact : all.filter((s) => s.name.includes(name));
  if (found.length > 0) return found;
  const none = withoutEffect(name, undefined);
  const near = nearestName(
    name,
    all.map((s) => s.name),
  );
  throw new InputError({
    what: none ? `${name} is a variable of kubespray that has no effect here` : `There is no setting ${name}`,
    why: none?.why,
    fix: none?.instead
      ? `Use ${none.instead}`
      : near
        ? `Did you mean ${near}?`
        : 'Run kubewright settings to list them, or with a part of a name',
  });
}

/** One setting in full. */
function one(s: SettingRow): string {
  const rows = [
    ['meaning', s.meaning],
    ['default', s.default === undefined ? 'none' : shown(s.default)],
    ...(s.choices ? [['choices', s.choices.join(', ')]] : []),
    ['changing', CHANGING[s.changing]],
    ['kubespray', s.kubespray ? 'the same name' : 'no such setting'],
  ];
  const columns = stdoutColumns();
  const text = (k: string, v: string): string => {
    const lines = columns === undefined ? [v] : wrapTo(v, columns - 13, 0);
    return lines.map((l, i) => `  ${(i === 0 ? k : '').padEnd(10)} ${l}\n`).join('');
  };
  return `${s.name}\n${rows.map(([k = '', v = '']) => text(k, v)).join('')}`;
}

function table(found: readonly SettingInfo[], columns: number | undefined): string {
  const width = Math.max(...found.map((s) => s.name.length));
  const line = (s: SettingInfo): string => {
    const text = `${s.meaning}${s.choices ? `: ${s.choices.join(', ')}` : ''}${s.default === undefined ? '' : ` [${shown(s.default)}]`}`;
    const room = columns === undefined ? undefined : columns - width - 3;
    // A narrow terminal has the name on a line of its own.
    if (columns !== undefined && room !== undefined && room < 20)
      return [...wrapTo(s.name, columns), ...wrapTo(text, columns - 2, 0).map((l) => `  ${l}`)].map((l) => `${l}\n`).join('');
    const lines = room === undefined ? [text] : wrapTo(text, room, 0);
    return lines.map((l, i) => `${(i === 0 ? s.name : '').padEnd(width)}  ${l}\n`).join('');
  };
  return found.map(line).join('');
}

/** docs/settings.md. */
export function settingsMarkdown(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('{', '\\{');
  const rows = rowsOf().map((s) => {
    const meaning = `${s.meaning}${s.choices ? `: ${s.choices.join(', ')}` : ''}`;
    return `| \`${s.name}\` | ${s.default === undefined ? '' : `\`${shown(s.default)}\``} | ${cell(meaning)} | ${s.changing} | ${s.kubespray ? 'same' : ''} |`;
  });
  return `# Settings

Variables that Kubewright reads from an inventory (\`group_vars\`, \`host_vars\`, INI, YAML) and from \`--extra-vars\`. Written by
\`npx vitest run test/cluster/settings-doc.test.ts -u\` out of the schema in \`src/cluster/settings.ts\`; \`kubewright settings NAME\`
prints one of them, \`kubewright inventory show\` what an inventory sets and where. A setting without a default has none, or one that
its meaning explains. What a change does to a cluster that runs:

${Object.entries(CHANGING)
  .map(([name, text]) => `- ${name}: ${text}`)
  .join('\n')}

The last column says whether kubespray has the same name.

| setting | default | meaning | changing | kubespray |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
