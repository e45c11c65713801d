import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserTasks } from '../../../src/app/plan/user-tasks.js';
import { whereText } from '../../../src/base/place.js';
import { loadPlaybook } from '../../../src/playbook/playbook.js';
import { sha256 } from '../../../src/tasks/file.js';
import type { Task } from '../../../src/tasks/task.js';
import { sampleInventory } from '../../support/cluster.js';
import { ofType, play, runLocal, sandbox, statuses, testShells } from '../../support/local.js';

const inventory = sampleInventory({ vars: { greeting: "it's me", port: 80, list: ['a', 'b c'] } });

type Box = ReturnType<typeof sandbox>;

/** The tasks of a playbook's only play, its files beside it. */
async function tasksOf(
  box: Box,
  yaml: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<UserTasks & { all: Task[] }> {
  writeFileSync(join(box.root, 'p.yml'), `- hosts: all\n  tasks:\n${yaml}`);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(box.root, name), content);
  const { plays, dir } = await loadPlaybook(join(box.root, 'p.yml'));
  const made = new UserTasks(inventory, dir);
  const all = (plays[0]?.tasks ?? []).flatMap(
    (s) => made.task(s, 'm11-k8s', new Map([...(plays[0]?.vars ?? []), ...s.vars])) ?? [],
  );
  return Object.assign(made, { all });
}

const shells = testShells();
const there = shells.filter((s) => s.command);

describe.each(there)('user tasks under $name', (shell) => {
  const go = async (box: Box, yaml: string, files = {}, more = {}) => {
    const made = await tasksOf(box, yaml, files);
    return runLocal(box, [play('p', ['h'], () => made.all)], { shell, ...more });
  };

  it('run if the check fails, and every time without a check', async () => {
    const box = sandbox();
    const yaml = `
  - name: once
    check: |
      # the last line's quote is the shell's business
      grep -qx "it's" ${box.root}/once
    run: |
      echo "it's" > ${box.root}/once
      exit 0
  - name: each time
    run: echo x >> ${box.root}/log; exit 0
  - name: creates
    creates: ${box.root}/made
    run: ': > ${box.root}/made'
`;
    expect(statuses((await go(box, yaml)).events)).toEqual(['once=changed', 'each-time=changed', 'creates=changed']);
    expect(statuses((await go(box, yaml)).events)).toEqual(['once=ok', 'each-time=changed', 'creates=ok']);
    expect(statuses((await go(box, yaml, {}, { check: true })).events)).toEqual([
      'once=ok',
      'each-time=would-change',
      'creates=ok',
    ]);
    expect(readFileSync(`${box.root}/log`, 'utf8')).toBe('x\nx\n');
  });

  it('fail on their own if the text is not valid shell, with the error of the shell', async () => {
    const box = sandbox();
    const broken = await go(box, `  - name: first\n    run: ': > ${box.root}/first'\n  - name: broken\n    run: 'echo "x'\n`);
    expect(statuses(broken.events)).toEqual(['first=changed', 'broken=failed']);
    expect(ofType(broken.events, 'task-end')[1]?.tail?.join('\n')).toMatch(/quot|unexpected|unterminated/i);
    const unset = await go(box, `  - name: unset\n    run: |\n      false\n      : > ${box.root}/never\n    hint: look\n`);
    expect(ofType(unset.events, 'task-end')[0]).toMatchObject({ status: 'failed', hint: 'look' });
    expect(existsSync(`${box.root}/never`)).toBe(false);
    const brace = await go(box, `  - name: brace\n    run: '}; touch ${box.root}/out; {'\n`);
    expect(statuses(brace.events)).toEqual(['brace=failed']);
    expect(existsSync(`${box.root}/out`)).toBe(false);
  });

  it('run scripts with the interpreter of their first line and their arguments', async () => {
    const box = sandbox();
    const yaml = `
  - name: plain
    script: {src: plain.sh, args: [a b, "it's"]}
    creates: ${box.root}/plain
  - name: quoted
    script: plain.sh -x 'a b' "c \\"d' " e="{{ greeting }} x" {{ list[1] }} '' $HOME f'g h'i
    creates: ${box.root}/quoted
  - name: awk
    script: {src: awk.sh}
`;
    const run = await go(box, yaml, {
      'plain.sh': `to=plain; [ "$1" != -x ] || to=quoted; printf '%s|' "$@" > ${box.root}/$to\n`,
      'awk.sh': `#!/usr/bin/awk -f\nBEGIN { print "by awk" > "${box.root}/awk" }\n`,
    });
    expect(statuses(run.events)).toEqual(['plain=changed', 'quoted=changed', 'awk=changed']);
    expect(readFileSync(`${box.root}/plain`, 'utf8')).toBe("a b|it's|");
    // Split like shell words, but nothing is expanded, and the value of an expression is never split.
    expect(readFileSync(`${box.root}/quoted`, 'utf8')).toBe(`-x|a b|c "d' |e=it's me x|b c||$HOME|fg hi|`);
    expect(readFileSync(`${box.root}/awk`, 'utf8')).toBe('by awk\n');
  });

  it('copy text, bytes and modes, and notice changes made by others', async () => {
    const box = sandbox();
    mkdirSync(`${box.root}/into`);
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
    const yaml = `
  - name: text
    copy: {content: "no newline 'at' the $end", dest: ${box.root}/text, mode: '0600'}
  - name: bytes
    copy: {src: bytes.bin, dest: ${box.root}/into/}
`;
    const files = { 'bytes.bin': bytes };
    expect(statuses((await go(box, yaml, files)).events)).toEqual(['text=changed', 'bytes=changed']);
    expect(readFileSync(`${box.root}/text`, 'utf8')).toBe("no newline 'at' the $end");
    expect(statSync(`${box.root}/text`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${box.root}/into/bytes.bin`).equals(bytes)).toBe(true);
    expect(statuses((await go(box, yaml, files)).events)).toEqual(['text=ok', 'bytes=ok']);
    chmodSync(`${box.root}/text`, 0o644);
    writeFileSync(`${box.root}/into/bytes.bin`, 'other');
    expect(statuses((await go(box, yaml, files, { check: true })).events)).toEqual(['text=would-change', 'bytes=would-change']);
    expect(statuses((await go(box, yaml, files)).events)).toEqual(['text=changed', 'bytes=changed']);
  });

  it('do not write through a link or over a directory', async () => {
    const box = sandbox();
    writeFileSync(`${box.root}/target`, 'mine');
    symlinkSync('target', `${box.root}/link`);
    mkdirSync(`${box.root}/folder`);
    await go(box, `  - name: link\n    copy: {content: new, dest: ${box.root}/link}\n`);
    expect(readFileSync(`${box.root}/target`, 'utf8')).toBe('mine');
    expect(readFileSync(`${box.root}/link`, 'utf8')).toBe('new');
    const folder = await go(box, `  - name: folder\n    copy: {content: new, dest: ${box.root}/folder}\n`);
    expect(ofType(folder.events, 'task-end')[0]).toMatchObject({
      status: 'failed',
      tail: [expect.stringContaining('is a directory')],
    });
  });

  it('copy with every mode that chmod accepts, and with owners by name, number and variable', async () => {
    const box = sandbox();
    const yaml = `
  - name: setuid
    copy: {content: x, dest: ${box.root}/setuid, mode: 04755, owner: "${process.getuid?.()}", group: ${process.getgid?.()}}
  - name: nobody may
    copy: {content: x, dest: ${box.root}/nobody, mode: '0000'}
  - name: group alone
    copy: {content: x, dest: ${box.root}/group, mode: '0040'}
  - name: by variables
    vars: {m: '0640', who: ${process.getuid?.()}}
    copy: {content: x, dest: ${box.root}/vars, mode: '{{ m }}', owner: '{{ who }}', group: '{{ who }}'}
`;
    const ids = ['setuid', 'nobody-may', 'group-alone', 'by-variables'];
    expect(statuses((await go(box, yaml)).events)).toEqual(ids.map((id) => `${id}=changed`));
    const modes = ['setuid', 'nobody', 'group', 'vars'].map((f) => (statSync(`${box.root}/${f}`).mode & 0o7777).toString(8));
    expect(modes).toEqual(['4755', '0', '40', '640']);
    expect(statuses((await go(box, yaml)).events)).toEqual(ids.map((id) => `${id}=ok`));
  });

  it('keep their secrets apart, even with similar names', async () => {
    const box = sandbox();
    const long = 'a very long name '.repeat(30);
    const yaml = ['a/b', 'a_b', 'a.b', 'ran', 'x'.repeat(300)].map(
      (id) => `
  - {name: ${long}, id: ${id}, sensitive: true, run: 'echo ${id.slice(0, 9)} >> ${box.root}/out'}
  - {name: ${long}, id: ${id}/c, sensitive: true, copy: {content: ${id.slice(0, 9)}, dest: ${box.root}/${id.slice(0, 9).replace('/', '-')}}}`,
    );
    const run = await go(box, yaml.join(''));
    expect(statuses(run.events).filter((s) => !s.endsWith('=changed'))).toEqual([]);
    expect(readFileSync(`${box.root}/out`, 'utf8')).toBe('a/b\na_b\na.b\nran\nxxxxxxxxx\n');
    expect(readFileSync(`${box.root}/a-b`, 'utf8')).toBe('a/b');
    expect(readFileSync(`${box.root}/a_b`, 'utf8')).toBe('a_b');
  });

  it('say why a file cannot be copied, and nothing untrue', async () => {
    const box = sandbox();
    const failed = async (copy: string) => {
      const run = await go(box, `  - name: c\n    copy: {content: new, ${copy}}\n`);
      expect(statuses(run.events)).toEqual(['c=failed']);
      const [end] = ofType(run.events, 'task-end');
      return [...(end?.tail ?? []), end?.hint ?? ''].join('\n');
    };
    expect(await failed(`dest: ${box.root}/no/such/file`)).toContain(
      `${box.root}/no/such: no such directory; copy does not create it`,
    );
    const owner = await failed(`dest: ${box.root}/file, owner: nobody-here`);
    expect(owner).toMatch(/nobody-here/);
    expect(owner).not.toContain('folder');
    expect(existsSync(`${box.root}/file`)).toBe(false);
  });

  it('keep what is sensitive out of events, journal, program and command lines', async () => {
    const box = sandbox();
    const yaml = `
  - name: run
    sensitive: true
    run: echo hush-hush-1 | tee ${box.root}/a
  - name: script
    sensitive: true
    script: s.sh
  - name: copy
    sensitive: true
    copy: {content: hush-hush-3, dest: ${box.root}/c, mode: '0600'}
`;
    const made = await tasksOf(box, yaml, { 's.sh': `echo hush-hush-2 | tee ${box.root}/b\n` });
    for (const t of made.all) expect(`${t.check.text}${t.apply.text}`).not.toContain('hush');
    const run = await go(box, yaml, {}, { diff: true });
    expect(run.exitCode).toBe(0);
    expect(['a', 'b', 'c'].map((f) => readFileSync(join(box.root, f), 'utf8').trim())).toEqual(
      [1, 2, 3].map((n) => `hush-hush-${n}`),
    );
    expect(JSON.stringify(run.events)).not.toContain('hush');
    expect(readFileSync(join(run.dir, 'h.log'), 'utf8')).not.toContain('hush');
  });

  it.each(['#!/bin/sh -e\n', '', '#!/usr/bin/env bash\n', '# words\n'])(
    'keep sensitive words of a script out of the process list too (%j)',
    async (first) => {
      const box = sandbox();
      const yaml = `
  - name: script
    sensitive: true
    script: s.sh hush-hush-4 "it's" ''
    creates: ${box.root}/hush-made
`;
      const files = {
        's.sh': `${first}printf '%s|' "$#" "$@" > ${box.root}/words; tr '\\0' ' ' < /proc/$$/cmdline > ${box.root}/seen
: > ${box.root}/hush-made\n`,
      };
      const made = await tasksOf(box, yaml, files);
      for (const t of made.all) expect(`${t.check.text}${t.apply.text}`).not.toContain('hush');
      expect((await go(box, yaml, files)).exitCode).toBe(0);
      expect(readFileSync(`${box.root}/words`, 'utf8')).toBe("3|hush-hush-4|it's||");
      expect(readFileSync(`${box.root}/seen`, 'utf8')).not.toContain('hush');
    },
  );
});

describe('expressions in tasks', () => {
  it('are inserted as they are, quoted on request; conditions select hosts', async () => {
    const box = sandbox();
    const made = await tasksOf(
      box,
      `  - name: raw
    run: "echo {{ port }} {{ greeting | quote }} $(id -u) > {{ target }}"
    vars: {target: '{{ folder }}/raw', folder: ${box.root}}
  - name: sole
    copy: {content: '{{ port }}', dest: ${box.root}/sole}
  - name: loop
    copy:
      dest: ${box.root}/loop
      content: |
        {% for word in list %}
        {{ inventory_hostname }} {{ word }}
        {% endfor %}
  - name: skip
    run: 'true'
    when: [port == 80, greeting == 'x']
  - name: take
    run: 'true'
    when: port == 80 and 'kube_control_plane' in groups
`,
    );
    expect(made.all.map((t) => t.id)).toEqual(['raw', 'sole', 'loop', 'take']);
    const run = await runLocal(box, [play('p', ['h'], () => made.all)]);
    expect(run.exitCode).toBe(0);
    expect(readFileSync(`${box.root}/raw`, 'utf8')).toBe(`80 it's me ${process.getuid?.()}\n`);
    expect(readFileSync(`${box.root}/sole`, 'utf8')).toBe('80');
    expect(readFileSync(`${box.root}/loop`, 'utf8')).toBe('m11-k8s a\nm11-k8s b c\n');
  });

  it('are rendered in names and hints too, unless they use a secret', async () => {
    const box = sandbox();
    const yaml = `  - name: "Greet {{ greeting }} on\n      {{ inventory_hostname }}"\n    run: exit 1\n    hint: see {{ port }}\n`;
    const made = await tasksOf(box, yaml);
    expect(made.all[0]).toMatchObject({
      title: "Greet it's me on m11-k8s",
      hint: 'see 80',
      id: 'greet-greeting-on-inventory-hostname',
    });
    const colours = await tasksOf(box, `  - {name: "x {{ '\\\\x1b[31m' }}", run: 'true'}\n`);
    expect(colours.all[0]?.title).toBe('x \\x1b[31m');
  });

  it('are overridden by the command line', async () => {
    const box = sandbox();
    writeFileSync(join(box.root, 'p.yml'), '- hosts: all\n  vars: {port: 1}\n  tasks: [{name: t, run: "echo {{ port }}"}]\n');
    const { plays, dir } = await loadPlaybook(join(box.root, 'p.yml'));
    const step = plays[0]?.tasks[0];
    const text = (extraVars: Set<string>) =>
      step && new UserTasks({ ...inventory, extraVars }, dir).task(step, 'm11-k8s', plays[0]?.vars)?.apply.text;
    expect(text(new Set())).toContain('echo 1');
    expect(text(new Set(['port']))).toContain('echo 80');
  });
});

describe('user files', () => {
  it('are pushed separately if they are large', async () => {
    const box = sandbox();
    const big = Buffer.alloc(2_000_000, 'x');
    const made = await tasksOf(box, `  - name: big\n    copy: {src: big, dest: ${box.root}/big2}\n`, { big });
    expect(made.all[0]?.apply.text.length).toBeLessThan(2000);
    expect([...made.pushed.keys()]).toEqual([sha256(big)]);
    const pushed: string[] = [];
    const run = await runLocal(box, [play('p', ['h'], () => made.all)], {
      artifacts: {
        localPath: (sha) => made.pushed.get(sha),
        push: async (_session, o) => {
          pushed.push(o.path);
          mkdirSync(box.cacheDir, { recursive: true });
          writeFileSync(o.path, readFileSync(o.source));
        },
      },
    });
    expect(statuses(run.events)).toEqual(['big=changed']);
    expect(readFileSync(`${box.root}/big2`).equals(big)).toBe(true);
    expect(existsSync(pushed[0] ?? '')).toBe(false);
  });

  it.each([
    ['script: nothing.sh', {}, /p\.yml:4:13 .*nothing\.sh cannot be read/],
    ['copy: {src: ., dest: /x}', {}, /p\.yml:4:17 .* cannot be read/],
    ['script: binary', { binary: Buffer.from([0, 1, 2]) }, /p\.yml:4:13 .* is not a text file/],
    ['run: echo {{ greetin }}', {}, /p\.yml:4:10 The text cannot be rendered: .*greetin.* Did you mean greeting/],
    ['run: echo {{ x', {}, /p\.yml:4:10 The text cannot be rendered/],
    ['copy: {content: a, dest: "{{ port }}"}', {}, /p\.yml:4:30 dest must be an absolute path, not 80/],
    ['copy: {content: a, dest: "{{ \'/tmp/\' }}"}', {}, /p\.yml:4:30 content needs the name of a file/],
    ['copy: {content: a, dest: /x, mode: "{{ greeting }}"}', {}, /p\.yml:4:40 mode must be octal, not it's me/],
    ['copy: {content: a, dest: /x, owner: "{{ greeting }}"}', {}, /p\.yml:4:41 owner must be the name or number .* not it's me/],
    ['{run: x, when: "{{ port }} == 80"}'.slice(1, -1).replace(', ', '\n    '), {}, /p\.yml:5:11 .*without \{\{ and \}\}/],
    ['{run: x, when: "nothing is there"}'.slice(1, -1).replace(', ', '\n    '), {}, /p\.yml:5:11 The condition is invalid/],
    ['{run: x, when: "greeting ="}'.slice(1, -1).replace(', ', '\n    '), {}, /p\.yml:5:11 .* On m11-k8s it is greeting =$/],
    [
      '{run: x, when: "nothing_there"}'.slice(1, -1).replace(', ', '\n    '),
      {},
      /nothing_there is undefined .*write nothing_there \| default/,
    ],
  ])('%s is refused with its place', async (line, files, expected) => {
    const box = sandbox();
    const error = await tasksOf(box, `  - name: t\n    ${line}\n`, files).catch((e) => e);
    expect(`${whereText(error.parts.where ?? '')} ${error.parts.what} ${error.parts.fix} ${error.parts.why}`).toMatch(expected);
  });
});
