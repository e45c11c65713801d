import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needDisk, needTools } from '../../../src/artifacts/build/needs.js';
import { Remaining } from '../../../src/artifacts/build/remaining.js';
import { wholeFile } from '../../../src/base/place.js';
import { scratch } from '../../support/bundle.js';

describe('needDisk', () => {
  it('adds up what lies on one file system, also of directories that are not there yet', async () => {
    const dir = await scratch();
    const { bavail, bsize } = await statfs(dir);
    const most = bavail * bsize * 0.75;
    await needDisk([{ path: dir, bytes: most }]);
    const both = [
      { path: dir, bytes: most },
      { path: join(dir, 'not/there'), bytes: most },
    ];
    await expect(needDisk(both)).rejects.toMatchObject({
      parts: { what: /GB of free disk space are needed/, where: wholeFile(dir) },
    });
  });
});

describe('needTools', () => {
  it('names the packages to install', async () => {
    await needTools(['sh'], ['dash']);
    await expect(needTools(['sh', 'no-such-tool'], ['one', 'two'])).rejects.toMatchObject({
      parts: { what: 'no-such-tool is not installed on this host', fix: /install .*one two$/ },
    });
  });
});

describe('Remaining', () => {
  const stages = [
    { name: 'kubernetes', seconds: 300 },
    { name: 'runc', seconds: 120 },
    { name: 'images', seconds: 30 },
  ];

  it('says what is left and how long it takes on so many cores', () => {
    const two = new Remaining(stages, 2);
    expect(two.text()).toBe('remaining: kubernetes, runc, images; about 8 min');
    expect(new Remaining(stages, 4).estimate()).toBe('about 4 min');
    two.done('kubernetes');
    expect(two.text()).toBe('remaining: runc, images; about 3 min');
    two.done('runc');
    expect(two.text()).toBe('remaining: images; less than a minute');
    two.done('images');
    expect(two.text()).toBe('');
  });
});
