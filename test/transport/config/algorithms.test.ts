import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.js';
import { signatureAlgorithm } from '../../../src/transport/auth/signature-algorithm.js';
import { assembleNames } from '../../../src/transport/config/algorithms.js';
import { parseLine } from '../../../src/transport/config/read-files.js';
import { resolveSettings, type SshSettings } from '../../../src/transport/config/settings.js';

const noSsh = spawnSync('ssh', ['-V']).status === 0 ? undefined : 'needs openssh-client';
const lines = (...args: readonly string[]): string[] => execFileSync('ssh', args, { encoding: 'utf8' }).trim().split('\n');

/** What `ssh -G` makes of a setting; undefined: it refuses it. */
function theirs(option: string, value?: string): string[] | undefined {
  const said = value === undefined ? [] : ['-o', `${option}=${value}`];
  const run = spawnSync('ssh', ['-G', '-F', 'none', ...said, 'host'], { encoding: 'utf8' });
  if (run.status !== 0) return undefined;
  const found = new RegExp(`^${option.toLowerCase()} (.*)$`, 'm').exec(run.stdout)?.[1] ?? '';
  return found.split(',').filter((name) => name !== '');
}

function settings(...options: readonly string[]): SshSettings {
  return resolveSettings(
    'host',
    options.flatMap((o) => parseLine(o, 'hosts:7') ?? []),
    {},
  );
}

describe.skipIf(noSsh)(`lists of algorithms as \`ssh -G\` makes them${noSsh ? ` (${noSsh})` : ''}`, () => {
  it.each([
    ['Ciphers', 'cipher'],
    ['KexAlgorithms', 'kex'],
    ['MACs', 'mac'],
    ['HostKeyAlgorithms', 'HostKeyAlgorithms'],
    ['PubkeyAcceptedAlgorithms', 'PubkeyAcceptedAlgorithms'],
  ])('%s', (option, query) => {
    const known = lines('-Q', query);
    const defaults = theirs(option) ?? [];
    const name = fc.oneof(
      fc.constantFrom(...known),
      fc.constantFrom(...known).map((n) => `${n.slice(0, 5)}*`),
      fc.constantFrom(...known).map((n) => n.replace(/\d/g, '?')),
      fc.constant('*'),
    );
    const setting = fc
      .tuple(fc.constantFrom('', '+', '-', '^'), fc.array(name, { minLength: 1, maxLength: 4 }))
      .map(([prefix, names]) => prefix + names.join(','));
    let compared = 0;
    fc.assert(
      fc.property(setting, (value) => {
        const wanted = theirs(option, value);
        // It allows patterns only behind `-` for some of them; we do everywhere.
        if (wanted === undefined) return;
        compared++;
        const { names, unknown } = assembleNames(value, defaults, known);
        expect([...names].join()).toBe([...new Set(wanted)].join());
        expect(unknown).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(5);
  });
});

describe('settings of algorithms', () => {
  it('nothing said: nothing is changed', () => {
    expect(settings('Compression no').algorithms).toBeUndefined();
  });

  it('leave out what ssh2 lacks, with one warning a setting', () => {
    const { algorithms, warnings } = settings(
      'KexAlgorithms=sntrup761x25519-sha512@openssh.com,curve25519-sha256,mlkem768x25519-sha256',
      'MACs=umac-64-etm@openssh.com,hmac-sha2-512',
      'Ciphers=^aes256-ctr',
    );
    expect(algorithms).toMatchObject({ kex: ['curve25519-sha256'], mac: ['hmac-sha2-512'] });
    expect(algorithms?.cipher?.[0]).toBe('aes256-ctr');
    expect(algorithms?.cipher).toContain('aes128-gcm@openssh.com');
    expect(warnings).toEqual([
      {
        what: 'KexAlgorithms: ssh2 does not support sntrup761x25519-sha512@openssh.com, mlkem768x25519-sha256',
        where: 'hosts:7',
      },
      { what: 'MACs: ssh2 does not support umac-64-etm@openssh.com', where: 'hosts:7' },
    ]);
  });

  it.each([
    [
      'KexAlgorithms=sntrup761x25519-sha512@openssh.com',
      /^KexAlgorithms sntrup761x25519-sha512@openssh\.com leaves no algorithm/,
    ],
    ['Ciphers=-*', /^Ciphers -\* leaves no algorithm/],
    ['MACs=umac*', /^MACs umac\* leaves no algorithm/],
    ['HostKeyAlgorithms=*-cert-v01@openssh.com', /^HostKeyAlgorithms .* leaves no algorithm/],
    ['PubkeyAcceptedKeyTypes=ssh-dss', /^PubkeyAcceptedAlgorithms ssh-dss leaves no algorithm/],
  ])('refuse %s, which leaves nothing', (option, what) => {
    expect.assertions(3);
    try {
      settings(option);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.parts.what).toMatch(what);
      expect(error.parts.where).toBe('hosts:7');
      expect(error.parts.fix).toMatch(/^Add one of \S+/);
    }
  });

  it('a list of host key algorithms is an order, what is added to the defaults is not', () => {
    expect(settings('HostKeyAlgorithms=rsa-sha2-512,ssh-ed25519').algorithms).toMatchObject({
      hostKey: ['rsa-sha2-512', 'ssh-ed25519'],
      hostKeyOrder: true,
    });
    expect(settings('HostKeyAlgorithms=+ssh-dss').algorithms).toMatchObject({ hostKeyOrder: false });
  });

  it.each([
    ['ssh-ed25519', undefined, 'ssh-ed25519', false],
    ['ssh-ed25519', ['ssh-rsa'], undefined, false],
    ['ssh-rsa', undefined, 'ssh-rsa', false],
    ['ssh-rsa', ['ssh-ed25519'], undefined, false],
    ['ssh-rsa', ['rsa-sha2-256', 'ssh-rsa'], 'ssh-rsa', false],
    ['ssh-rsa', ['rsa-sha2-256'], 'rsa-sha2-256', true],
    ['ssh-rsa', ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'], 'rsa-sha2-512', true],
    ['ssh-rsa-cert-v01@openssh.com', undefined, 'rsa-sha2-512-cert-v01@openssh.com', true],
    ['ssh-rsa-cert-v01@openssh.com', ['rsa-sha2-256-cert-v01@openssh.com'], 'rsa-sha2-256-cert-v01@openssh.com', true],
    ['ssh-rsa-cert-v01@openssh.com', ['ssh-rsa'], undefined, false],
    ['sk-ssh-ed25519@openssh.com', undefined, 'sk-ssh-ed25519@openssh.com', true],
  ])('a key of type %s signs, where %j is accepted, with %s', (type, accepted, name, own) => {
    expect(signatureAlgorithm(type, accepted)).toEqual(name === undefined ? undefined : { name, own });
  });
});
