import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, freePrefix, missingForLab, ROOT, traces } from '../../support/lab.js';

/** Two lab machines on a file system of their own, whose size can be changed. */
const dir = mkdtempSync(join(tmpdir(), 'kubewright-snapshots-'));
const labDir = '/var/lib/kubewright/lab-snapshots';
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: labDir, NO_COLOR: '1' };
const names = ['m11-k8s', 'w101-k8s'];
const reason = missingForLab();

const run = (args: readonly string[]) => cli(args, { env, cwd: dir });
const on = (host: string, command: string) => run(['lab', 'ssh', host, '--', command]);
const snapshot = (...args: string[]) => run(['lab', 'snapshot', ...args]);
const resize = (size: string) => expect(spawnSync('mount', ['-o', `remount,size=${size}`, labDir]).status).toBe(0);
/** A word on the disk of each machine, and in a directory that is not on its overlay. */
const FILES = '/root/word /var/lib/etcd/word';
const write = (word: string) =>
  Promise.all(names.map((n) => on(n, `for f in ${FILES}; do echo ${word} | sudo tee $f > /dev/null; done`)));
const words = async () => {
  const read = await Promise.all(names.map((n) => on(n, `sudo cat ${FILES}`)));
  return read.map((r) => r.stdout.trim().split('\n').join(' '));
};

describe.skipIf(reason)(`snapshots of lab machines${reason ? ` (${reason})` : ''}`, () => {
  let before: string[];

  beforeAll(async () => {
    // Also what a killed test left: `down` takes the file system of its own away as well.
    await run(['lab', 'down']);
    spawnSync('umount', ['--recursive', labDir]);
    before = traces();
    mkdirSync(labDir, { recursive: true });
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6g', 'kubewright-test', labDir]).status).toBe(0);
    const up = ['lab', 'up', '--source', 'none', '--masters', '1', '--workers', '1', '--subnet', `${await freePrefix()}.0/24`];
    const made = await run([...up, '--inventory-dir', join(dir, 'inventory')]);
    expect(made.code, made.stderr).toBe(0);
  });
  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('are restored on all machines, with what is on the overlay and what is not, as often as one likes', async () => {
    await write('first');
    const saved = await snapshot('save', 'one');
    expect(saved.code, saved.stderr).toBe(0);
    expect(saved.stdout).toMatch(/^saved: one {2}saved \S+Z {2}\d+ MB$/m);
    // The machines are running again, and go on writing.
    await write('second');
    const more = await snapshot('save', 'two');
    expect(more.code, more.stderr).toBe(0);
    for (const [name, word] of [
      ['one', 'first'],
      ['two', 'second'],
    ] as const) {
      await write('lost');
      const restored = await snapshot('restore', name);
      expect(restored.code, restored.stderr).toBe(0);
      expect(await words()).toEqual([`${word} ${word}`, `${word} ${word}`]);
    }
    expect((await snapshot('list')).stdout).toMatch(/^one {2}saved .*\ntwo {2}saved .*\n$/);
  });

  it('share the layers of images with the machines, but nothing that a container writes to', async () => {
    const store = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';
    const mount = `mount -t overlay x -o lowerdir=${store}/1/fs,upperdir=${store}/2/fs,workdir=${store}/2/work /mnt`;
    const layers = [1, 2].map((n) => `mkdir -p ${store}/${n}/fs ${store}/${n}/work && echo old > ${store}/${n}/fs/file${n}`);
    // As a container runs: in a mount namespace of its own.
    const container = `systemd-run --quiet unshare --mount sh -c "${mount} && touch /run/mounted && exec sleep 1000"`;
    const wait = 'until [ -e /run/mounted ]; do sleep 0.2; done';
    const made = await on('w101-k8s', `sudo sh -c '${[...layers, container, wait].join(' && ')}'`);
    expect(made.code, made.stderr).toBe(0);
    expect((await snapshot('save', 'layers')).code).toBe(0);
    const links = await on('w101-k8s', `sudo stat -c %h ${store}/1/fs/file1 ${store}/2/fs/file2`);
    expect(links.stdout).toBe('2\n1\n');
    await on('w101-k8s', `echo new | sudo tee -a ${store}/2/fs/file2`);
    expect((await snapshot('restore', 'layers')).code).toBe(0);
    expect((await on('w101-k8s', `sudo cat ${store}/1/fs/file1 ${store}/2/fs/file2`)).stdout).toBe('old\nold\n');
  });

  it('are refused with the reason: a name that is taken, unknown or no name, a lock, other machines, a full disk', async () => {
    const refused = async (code: number, text: RegExp, ...args: string[]) => {
      const result = await snapshot(...args);
      expect(result.stderr).toMatch(text);
      expect(result.code).toBe(code);
    };
    await refused(2, /already a snapshot named 'one'/, 'save', 'one');
    await refused(2, /no snapshot named 'three'\n +hint: +Name one of one, two, layers/, 'restore', 'three');
    await refused(2, /not a valid snapshot name/, 'save', '../up');

    const holder = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'lab', 'snapshot', 'save', 'held'], {
      env: { ...process.env, ...env },
      cwd: dir,
      stdio: 'pipe',
    });
    const ended = new Promise<number | null>((done) => holder.on('close', done));
    await new Promise((begun) => holder.stdout.once('data', begun));
    await refused(4, /Another command is working on this lab/, 'restore', 'one');
    expect(await ended).toBe(0);

    const record = join(labDir, 'snapshots', 'one.json');
    const text = readFileSync(record, 'utf8');
    const more = JSON.parse(text);
    more.machines.push({ ...more.machines[1], name: 'w102-k8s' });
    writeFileSync(record, JSON.stringify(more));
    await refused(2, /one is one of other machines/, 'restore', 'one');
    writeFileSync(record, text);

    resize('700m');
    await refused(1, /Not enough disk space .*\n +why: .* MB are free/, 'save', 'three');
    await refused(1, /Not enough disk space/, 'restore', 'one');
    resize('6g');
    expect((await run(['lab', 'status'])).stdout.match(/ running since /g)).toHaveLength(2);
  });

  it('leave the lab as it was when they are cut off, and usable afterwards', async () => {
    await write('kept');
    const killed = async (action: string, name: string, at: string) => {
      const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'lab', 'snapshot', action, name], {
        env: { ...process.env, ...env },
        cwd: dir,
        stdio: 'pipe',
      });
      const ended = new Promise((done) => child.on('close', done));
      child.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes(at)) child.kill('SIGKILL');
      });
      await ended;
      expect(child.signalCode).toBe('SIGKILL');
    };
    await killed('save', 'four', 'saving its disk');
    await killed('restore', 'one', 'copying its disk');
    expect((await snapshot('list')).stdout).not.toMatch(/^four/m);
    for (const name of names) expect((await run(['lab', 'start', name])).code).toBe(0);
    expect(await words()).toEqual(['kept kept', 'kept kept']);
    for (const [action, name] of [
      ['save', 'four'],
      ['restore', 'one'],
    ] as const) {
      const again = await snapshot(action, name);
      expect(again.code, again.stderr).toBe(0);
    }
    expect(await words()).toEqual(['first first', 'first first']);
  });

  it('keep no directory that neither they nor the machines are made of', async () => {
    for (const name of ['two', 'layers', 'held', 'four', 'one']) expect((await snapshot('remove', name)).code).toBe(0);
    expect((await snapshot('list')).stdout).toBe('There are no snapshots.\n');
    for (const name of names) {
      const disks = readdirSync(join(labDir, 'machines', name)).map((f) => f.replace(/-[0-9a-f]{8}$/, ''));
      // The layer of the restored snapshot stays below the new one. systemd-nspawn leaves a lock file and a log.
      const others = /^(root|console\.log|\.#root\.lck)$/;
      expect(disks.filter((f) => !others.test(f)).sort()).toEqual(['plain', 'upper', 'upper', 'work']);
    }
    expect(await words()).toEqual(['first first', 'first first']);
  });

  it('leave nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    expect(traces().filter((t) => !before.includes(t))).toEqual([]);
  });
});
