import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkGoRequirements } from '../../../src/artifacts/go/requirements.js';
import { atLeast, findGo, needModule } from '../../../src/artifacts/go/toolchain.js';
import { KubewrightError } from '../../../src/base/errors.js';
import { scratch } from '../../support/bundle.js';

/** A `go` that says which version it is, with and without a toolchain asked for. */
async function fakeGo(versions: Readonly<Record<string, string>>, more = ''): Promise<NodeJS.ProcessEnv> {
  const dir = await scratch();
  await mkdir(join(dir, 'bin'));
  const cases = Object.entries(versions).map(
    ([toolchain, v]) =>
      `  ${toolchain}) echo '{"GOVERSION":"go${v}","GOMODCACHE":"/m","GOCACHE":"/c","GOPROXY":"https://proxy.test","GOFLAGS":"-race"}' ;;`,
  );
  const script = `#!/bin/sh\n${more}\ncase "$GOTOOLCHAIN" in\n${cases.join('\n')}\n  *) echo "go: download $GOTOOLCHAIN: no route to host" >&2; exit 1 ;;\nesac\n`;
  await writeFile(join(dir, 'bin/go'), script);
  await chmod(join(dir, 'bin/go'), 0o755);
  return { PATH: `${dir}/bin:/usr/bin:/bin` };
}

const thrown = async (work: Promise<unknown>): Promise<KubewrightError> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error) => error as KubewrightError,
  );

describe('findGo', () => {
  it('takes a Go that is new enough as it is, with its caches and proxies and none of the flags of the user', async () => {
    const env = await fakeGo({ local: '1.26.8' });
    const go = await findGo(env);
    expect([go.version, go.moduleCache, go.buildCache]).toEqual(['1.26.8', '/m', '/c']);
    expect(go.env).toMatchObject({
      GOTOOLCHAIN: 'local',
      GOPROXY: 'https://proxy.test',
      GOFLAGS: '',
      CGO_ENABLED: '0',
      GOWORK: 'off',
    });
  });

  it('lets an older one fetch a newer one', async () => {
    const go = await findGo(await fakeGo({ local: '1.24.1', 'go1.26.8': '1.26.8' }));
    expect([go.version, go.env.GOTOOLCHAIN]).toEqual(['1.26.8', 'go1.26.8']);
  });

  it.each([
    ['too old to fetch one', { local: '1.19.8' }, {}, 'Go 1.19.8 is too old for this'],
    ['without a network', { local: '1.24.1' }, {}, 'Go 1.24.1 is too old for this, and go1.26.8 cannot be fetched'],
    [
      'told to use one that is not to be had',
      { local: '1.26.8' },
      { GOTOOLCHAIN: 'go1.30.0' },
      'GOTOOLCHAIN asks for another Go, and go1.30.0 cannot be fetched',
    ],
    ['forbidden to fetch', { local: '1.24.1' }, { GOTOOLCHAIN: 'local' }, 'Go 1.24.1 is too old for this'],
    [
      'told to use an old one',
      { local: '1.26.8', 'go1.25.0': '1.25.0' },
      { GOTOOLCHAIN: 'go1.25.0' },
      'Go 1.25.0 is too old for this',
    ],
  ])('refuses one that is %s, and says what to install', async (_, versions, more, what) => {
    const error = await thrown(findGo({ ...(await fakeGo(versions)), ...more }));
    expect(error).toBeInstanceOf(KubewrightError);
    expect(error.parts.what).toBe(what);
    expect(error.parts.fix).toMatch(/^Install Go 1\.26 or newer/);
  });

  it('compares versions as numbers', () => {
    expect([atLeast('1.26', '1.26'), atLeast('1.27rc1', '1.26'), atLeast('1.100.0', '1.26')]).toEqual([true, true, true]);
    expect([atLeast('1.9', '1.26'), atLeast('1.25.99', '1.26'), atLeast('', '1.26')]).toEqual([false, false, false]);
  });
});

describe('what a build needs', () => {
  it("shows Go's own words when the module proxy does not answer", async () => {
    const env = await fakeGo(
      { local: '1.26.8' },
      'if [ "$1" = list ]; then echo "go: dial tcp: connection refused" >&2; exit 1; fi',
    );
    const error = await thrown(needModule(await findGo(env), { module: 'k8s.io/api', version: 'v0.36.3' }));
    expect(error.parts).toMatchObject({
      what: 'The Go module proxy does not answer',
      where: 'https://proxy.test',
      why: /refused/,
    });
  });

  it('is told before anything starts where the disk is too small', async () => {
    const env = await fakeGo({ local: '1.26.8' });
    const go = { ...(await findGo(env)), moduleCache: '/proc/nothing', buildCache: '/proc/nothing' };
    const error = await thrown(checkGoRequirements(go, { module: 'k8s.io/api', version: 'v0.36.3' }, await scratch()));
    // Where gcc or a library is missing on this host, that is said first.
    expect(error.parts.what).toMatch(/GB of free disk space are needed|is not installed on this host/);
    expect(error.parts.fix).toMatch(/Free some space|apt-get install/);
  });
});
