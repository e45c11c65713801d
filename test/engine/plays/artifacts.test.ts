import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PushFile } from '../../../src/engine/types.js';
import { sh } from '../../../src/shell/shell.js';
import type { ArtifactRef, Task } from '../../../src/tasks/task.js';
import { ofType, play, runLocal, sandbox, statuses, task, testShells } from '../../support/local.js';

const content = randomBytes(1_500_000);
const sha256 = createHash('sha256').update(content).digest('hex');

function useTask(id: string, root: string, ref: ArtifactRef): Task {
  const to = `${root}/${id}`;
  return task(id, sh`[ -e ${to} ]`, sh`src=$(kw_artifact ${ref.sha256}); cp "$src" ${to}; kw_artifact_done ${ref.sha256}`, {
    needs: [ref],
    timeoutSec: 20,
  });
}

describe.each(testShells())('files for tasks under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('are pushed once when two tasks need them, and leave the cache when both are done', async () => {
      const box = sandbox();
      writeFileSync(`${box.root}/source`, content);
      const ref: ArtifactRef = { name: 'kubelet', sha256, size: content.length };
      let pushes = 0;
      const push: PushFile = async (_session, o) => {
        pushes++;
        o.onProgress?.(o.source.length);
        await new Promise((resolve) => setTimeout(resolve, 300));
        copyFileSync(o.source, `${o.path}.tmp`);
        renameSync(`${o.path}.tmp`, o.path);
      };
      const result = await runLocal(
        box,
        [play('p', ['h'], () => [useTask('one', box.root, ref), useTask('two', box.root, ref)])],
        {
          shell,
          artifacts: { localPath: () => `${box.root}/source`, push },
        },
      );
      expect(statuses(result.events)).toEqual(['one=changed', 'two=changed']);
      expect(pushes).toBe(1);
      expect(readFileSync(`${box.root}/two`).equals(content)).toBe(true);
      expect(existsSync(`${box.cacheDir}/${sha256}`)).toBe(false);
      expect(ofType(result.events, 'push').at(-1)).toMatchObject({ host: 'h', artifact: 'kubelet', bytes: content.length });
    });

    it('make the task fail with the reason when nobody has them', async () => {
      const box = sandbox();
      const ref: ArtifactRef = { name: 'kubelet', sha256 };
      const result = await runLocal(box, [play('p', ['h'], () => [useTask('one', box.root, ref)])], { shell });
      expect(ofType(result.events, 'task-end')[0]).toMatchObject({
        status: 'failed',
        tail: ["kubelet is not on the operator's machine either"],
      });
    });

    it('that are in the cache are taken from there, but not when a crash has cut them short', async () => {
      const box = sandbox();
      mkdirSync(box.cacheDir);
      writeFileSync(`${box.cacheDir}/${sha256}`, content.subarray(0, 10));
      writeFileSync(`${box.root}/source`, content);
      let pushes = 0;
      const push: PushFile = (_session, o) => {
        pushes++;
        copyFileSync(o.source, `${o.path}.tmp`);
        renameSync(`${o.path}.tmp`, o.path);
        return Promise.resolve();
      };
      const ref: ArtifactRef = { name: 'kubelet', sha256, size: content.length };
      const artifacts = { localPath: () => `${box.root}/source`, push };
      const result = await runLocal(box, [play('p', ['h'], () => [useTask('one', box.root, ref)])], { shell, artifacts });
      expect(result.exitCode).toBe(0);
      expect(pushes).toBe(1);
    });
  });
});

describe('files that the node downloads', () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? 'all'}`);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.url === '/wrong') {
      response.end('not it');
    } else if (request.url === '/breaks' && from === 0) {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 700_000), () => setTimeout(() => response.destroy(), 100));
    } else {
      const headers = {
        'content-length': content.length - from,
        ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
      };
      response.writeHead(from > 0 ? 206 : 200, headers);
      response.end(content.subarray(from));
    }
  });
  let base = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('go on where a broken download ended', async () => {
    const box = sandbox();
    const ref: ArtifactRef = { name: 'x', sha256, url: `${base}/breaks` };
    const result = await runLocal(box, [play('p', ['h'], () => [useTask('one', box.root, ref)])]);
    expect(result.exitCode).toBe(0);
    expect(asked.filter((a) => a.startsWith('/breaks'))).toEqual(['/breaks all', expect.stringMatching(/^\/breaks bytes=[1-9]/)]);
  });

  it('are never used with a wrong sha256, and are asked from the operator instead', async () => {
    const box = sandbox();
    const ref: ArtifactRef = { name: 'x', sha256, url: `${base}/wrong` };
    const result = await runLocal(box, [play('p', ['h'], () => [useTask('one', box.root, ref)])]);
    const tail = ofType(result.events, 'task-end')[0]?.tail?.join('\n');
    expect(tail).toContain(`${base}/wrong has not the sha256`);
    expect(existsSync(`${box.root}/one`)).toBe(false);
    expect(existsSync(`${box.cacheDir}/${sha256}.part`)).toBe(false);
  });
});
