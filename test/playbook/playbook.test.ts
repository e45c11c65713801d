import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../src/base/errors.js';
import { whereText, wholeFile } from '../../src/base/place.js';
import type { Play } from '../../src/playbook/model.js';
import { loadPlaybook } from '../../src/playbook/playbook.js';
import { ROLES } from '../../src/roles/registry.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-playbook-'));
const path = join(dir, 'p.yml');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function read(text: string): Promise<readonly Play[]> {
  writeFileSync(path, text);
  return (await loadPlaybook(path)).plays;
}

async function refusals(text: string): Promise<string[]> {
  const error = await read(text).catch((e: unknown) => e);
  if (!(error instanceof InputError)) throw new Error(`not refused: ${text}`);
  const all = error instanceof InputErrors ? error.all : [error.parts];
  return all.map((p) => `${whereText(p.where ?? '').slice(dir.length + 1)} ${p.what}. ${p.fix ?? ''}`);
}

const task = (lines: string): string => `- hosts: all\n  tasks:\n  - name: t\n    ${lines.replaceAll('\n', '\n    ')}\n`;
const RUN = 'run: "true"\n';

describe('playbooks', () => {
  it('of the package are read, and name only roles that exist', async () => {
    const folder = join(import.meta.dirname, '../../playbooks');
    // The roles of the others belong to one operation each: test/golden/day-two.test.ts compares them.
    for (const file of readdirSync(folder)) await loadPlaybook(join(folder, file));
    const { plays } = await loadPlaybook(join(folder, 'cluster.yml'));
    for (const { name } of plays.flatMap((p) => p.roles)) expect(ROLES.has(name), name).toBe(true);
    expect(plays.length).toBeGreaterThan(8);
    expect(plays.find((p) => p.name === 'Join the other hosts')?.turns).toBe('kube_control_plane:!kube_control_plane[0]');
  });

  it('that are not UTF-8, or cannot be read, are refused', async () => {
    writeFileSync(path, Buffer.from('- hosts: all\n  tasks: [{name: Gr\xf6\xdfe, run: id}]\n', 'latin1'));
    await expect(loadPlaybook(path)).rejects.toMatchObject({
      parts: { what: 'File is not valid UTF-8', where: { file: path, line: 2, column: 20 } },
    });
    // Root can read any file, but not a socket.
    const socket = join(dir, 'socket.yml');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    await expect(loadPlaybook(socket)).rejects.toMatchObject({ exitCode: 2, parts: { where: wholeFile(socket) } });
    server.close();
  });

  it('have tasks, pre_tasks and post_tasks beside their roles', async () => {
    const [play] = await read(`
- name: all of it
  hosts: [a, b]
  gather_facts: false
  become: true
  vars: {x: 1}
  serial: [1, '5', 30%]
  max_fail_percentage: 25
  tags: [t1, t2]
  pre_tasks:
  - name: Before
    run: echo before
  roles: [os, {role: node, tags: kubelet}]
  tasks:
  - name: Say it & leave!
    run: echo hello
    check: test -e /x
    sensitive: true
    timeout: 5
    tags: a, b
    hint: try
    when: [x == 1, y]
    vars: {y: 2}
  - name: Say it & leave!
    script: hello.sh one two
    creates: /x
  post_tasks:
  - name: Put
    id: put
    copy: {content: "text\\n", dest: /etc/motd, mode: 0640, owner: root, group: adm}
  - name: Put a file
    copy: {src: f, dest: /etc/, mode: 644}
`);
    expect(play).toMatchObject({
      name: 'all of it',
      hosts: 'a,b',
      serial: [1, 5, '30%'],
      maxFailPercentage: 25,
      anyErrorsFatal: false,
      tags: ['t1', 't2'],
      roles: [
        { name: 'os', tags: [] },
        { name: 'node', tags: ['kubelet'] },
      ],
      preTasks: [{ id: 'before', action: { kind: 'run', run: { text: 'echo before' } } }],
      tasks: [
        {
          id: 'say-it-leave',
          sensitive: true,
          timeoutSec: 5,
          tags: ['a', 'b'],
          hint: { text: 'try' },
          when: { text: '(x == 1) and (y)' },
        },
        { id: 'say-it-leave-2', action: { kind: 'script', src: { text: 'hello.sh' }, creates: { text: '/x' } } },
      ],
      postTasks: [
        {
          id: 'put',
          action: { mode: { text: '0640' }, owner: { text: 'root' }, group: { text: 'adm' }, content: { text: 'text\n' } },
        },
        { action: { mode: { text: '644' }, content: { src: { text: 'f' } } } },
      ],
    });
    const second = play?.tasks[1]?.action;
    expect(second?.kind === 'script' && second.args.map((a) => a.text)).toEqual(['one', 'two']);
    expect(play?.tasks[0]?.source).toMatchObject({ line: 15, column: 5 });
  });

  it.each([
    ['- name: x\n  host: all\n  roles: [os]\n', /^p\.yml:2:3 A play has no host\. Did you mean hosts\?/],
    ["- hosts: '{{ target }}'\n  roles: [os]\n", /^p\.yml:1:10 hosts is a pattern, and holds no expressions\. .*--limit/],
    ["- hosts: ' '\n  roles: [os]\n", /^p\.yml:1:10 hosts must be a pattern/],
    ["- hosts: ',,'\n  roles: [os]\n", /^p\.yml:1:10 hosts must be a pattern/],
    ["- hosts: [a, ' ']\n  roles: [os]\n", /^p\.yml:1:10 hosts must be a pattern/],
    ['- hosts: all\n', /^p\.yml:1:3 A play needs something to do/],
    ['- hosts: all\n  roles: [os, os]\n', /^p\.yml:2:15 The play has the role os twice/],
    ['- hosts: all\n  roles: [{name: os}]\n', /^p\.yml:2:12 A role has no name\. A role has: role, hosts, tags/],
    ['- hosts: all\n  roles: [os]\n  serial: many\n', /^p\.yml:3:11 serial must be/],
    ['- hosts: all\n  roles: [os]\n  serial: [1, 0]\n', /^p\.yml:3:11 serial must be/],
    ['- hosts: all\n  roles: [os]\n  serial: 200%\n', /^p\.yml:3:11 serial must be/],
    ['- hosts: all\n  roles: [os]\n  vital: 3\n', /^p\.yml:3:10 vital must be a pattern/],
    ['- hosts: all\n  roles: [os]\n  turns: 3\n', /^p\.yml:3:10 turns must be a pattern/],
    ['- hosts: all\n  roles: [os]\n  serial: 1\n  turns: all\n', /^p\.yml:4:10 A play has either serial or turns/],
    ['- hosts: all\n  roles: [{role: os, hosts: 3}]\n', /^p\.yml:2:29 hosts must be a pattern/],
    ['name: x\n', /^p\.yml:1:1 A playbook is a list of plays/],
    ['- hosts: all\n  tasks: []\n---\n- hosts: b\n', /^p\.yml:3:1 .*Write one file for each/],
    ['- hosts: all\n\ttasks: []\n', /^p\.yml:2:\d .*spaces, not with tabs/],
    ['- hosts: [all\n', /^p\.yml:\d+:\d+ This is not valid YAML/],
    ['- import_playbook: x.yml\n', /^p\.yml:1:3 A play has no import_playbook\. Run the playbooks/],
    ['- hosts: all\n  hosts: b\n  roles: [os]\n', /^p\.yml:2:3 A play has hosts twice/],
    ['- hosts: all\n  roles: [os]\n  any_errors_fatal: perhaps\n', /^p\.yml:3:21 any_errors_fatal must be true or false/],
    [
      '- hosts: all\n  roles: [os]\n  max_fail_percentage: 101\n',
      /^p\.yml:3:24 max_fail_percentage must be a number from 0 to 100/,
    ],
    ['- hosts: all\n  roles: [os]\n  become: false\n', /^p\.yml:3:11 Tasks run as root\. /],
    ['- hosts: all\n  tasks: {name: x}\n', /^p\.yml:2:10 tasks must be a list/],
    ['- hosts: all\n  tasks:\n  - run: x\n', /^p\.yml:3:5 A task needs a name/],
    ['- hosts: all\n  tasks: [x]\n', /^p\.yml:2:11 A task is a map/],
    [task('check: x'), /^p\.yml:3:5 A task needs something to do/],
    [task('run: x\nscript: y'), /^p\.yml:3:5 A task does one thing, not run and script/],
    [task('runn: x'), /^p\.yml:4:5 A task has no runn\. Did you mean run\?/],
    [task(`${RUN}delegate_to: x`), /A task has no delegate_to\. Write when: inventory_hostname == /],
    [task(`${RUN}args: {chdir: /}`), /A task has no args\. Write creates: beside run:/],
    [task(`${RUN}with_fileglob: x`), /A task has no with_fileglob\. Write one task per item/],
    [task('ansible.builtin.lineinfile: {}'), /A task has no ansible\.builtin\.lineinfile\. Write run: with sed/],
    [task('community.general.ini_file: {}'), /A task has no community\.general\.ini_file\. Write run: with the shell text/],
    [task(`${RUN}constructor: x`), /A task has no constructor\. A task has: name/],
    [task('copy: {content: x, dest: /x, force: false}'), /copy has no force\. Write run: with cat/],
    ['- hosts: all\n  roles: [os]\n  vars_prompt: []\n', /A play has no vars_prompt\. Give the values with -e/],
    [task('run: true'), /^p\.yml:4:10 run must be text, which true is not to YAML\. Put it in quotes: run: 'true'/],
    [task(`${RUN}check: no`), /^p\.yml:5:12 check must be text, which no is not to YAML\. Put it in quotes: check: 'no'/],
    [task(`shell: x`), /^p\.yml:4:5 A task has no shell\. Write run:/],
    [task(`${RUN}register: x`), /^p\.yml:5:5 A task has no register\. Write check: that compares/],
    [task(`${RUN}check: x\ncreates: /y`), /^p\.yml:6:14 check and creates exclude each other/],
    [task(`${RUN}creates: y`), /^p\.yml:5:14 creates must be an absolute path/],
    [task(`${RUN}timeout: soon`), /^p\.yml:5:14 timeout must be a number/],
    [task(`${RUN}timeout: 10%`), /^p\.yml:5:14 timeout must be a number/],
    [task("script: 'a \"b'"), /^p\.yml:4:13 The quote " is not closed/],
    ['- hosts: all\n  tasks: [{name: "a\\e[31m", run: x}]\n', /^p\.yml:2:18 name must be text without control characters/],
    ['- hosts: all\n  name: "a\\e[31m"\n  roles: [os]\n', /^p\.yml:2:9 name must be text without control characters/],
    [task(`${RUN}sensitive: 1`), /^p\.yml:5:16 sensitive must be true or false/],
    [task(`${RUN}id: a b`), /^p\.yml:5:9 An id consists of letters/],
    [task('run: [a]'), /^p\.yml:4:10 run must be text/],
    [task('copy: {dest: /x}'), /^p\.yml:4:11 copy needs either src or content/],
    [task('copy: {src: a, content: b, dest: /x}'), /^p\.yml:4:11 copy needs either src or content/],
    [task('copy: {src: a}'), /^p\.yml:4:11 copy needs dest/],
    [task('copy: {src: a, dest: x}'), /^p\.yml:4:26 dest must be an absolute path/],
    [task('copy: {content: a, dest: /x/}'), /^p\.yml:4:30 content needs the name of a file/],
    [task('copy: {src: a, dest: /x, mode: u+x}'), /^p\.yml:4:36 mode must be octal/],
    [task('copy: {src: a, dest: /x, owner: "a b"}'), /^p\.yml:4:37 owner must be the name/],
    [task('copy: {content: {a: b}, dest: /x}'), /^p\.yml:4:21 content must be text/],
    [task('copy: {src: a, dest: /x}\ncheck: y'), /^p\.yml:5:12 copy checks by itself/],
    [task('script: {args: [a]}'), /^p\.yml:4:13 script needs src/],
    [task('script: {src: a, check: b}\ncreates: /x'), /^p\.yml:5:14 The script already has a check/],
    [`${task(RUN)}  - name: u\n    id: t\n    run: x\n`, /^p\.yml:7:9 Two tasks of this play have the id t/],
  ])('%j is refused', async (text, expected) => expect((await refusals(text)).join('\n')).toMatch(expected));

  it('report all problems together', async () => {
    const all = await refusals('- hosts: all\n  role: os\n  serial: x\n- tasks:\n  - nam: t\n    run: x\n');
    expect(all.map((a) => a.split(' ')[0])).toEqual(['p.yml:2:3', 'p.yml:3:11', 'p.yml:4:3', 'p.yml:5:5']);
  });
});
