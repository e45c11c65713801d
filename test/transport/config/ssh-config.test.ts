import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.js';
import { formatParts } from '../../../src/base/text/render-error.js';
import { parseLine } from '../../../src/transport/config/read-files.js';
import { resolveSettings, type SshSettings } from '../../../src/transport/config/settings.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const noSsh = spawnSync('ssh', ['-V']).status === 0 ? undefined : 'needs openssh-client';

let files = 0;
function write(text: string): string {
  const path = join(dir, `config-${files++ % 8}`);
  writeFileSync(path, text.replaceAll('DIR', dir));
  return path;
}

function settings(config: string, host: string, options: readonly string[] = []): SshSettings {
  const lines = options.flatMap((o) => parseLine(o, 'command line') ?? []);
  return resolveSettings(host, lines, { user: write(config) });
}

/** What both sides say, in one form. Paths that only begin with `~` are compared as OpenSSH prints them. */
type Comparable = Record<string, string | string[] | undefined>;

function ours(s: SshSettings): Comparable {
  return {
    hostname: s.hostname.toLowerCase(),
    port: String(s.port ?? 22),
    user: s.user ?? userInfo().username,
    identityfile: [...s.identityFiles],
    certificatefile: [...s.certificateFiles],
    identitiesonly: s.identitiesOnly ? 'yes' : 'no',
    proxyjump: s.proxyJump === 'none' ? undefined : s.proxyJump,
    proxycommand: s.proxyCommand,
    userknownhostsfile: s.knownHostsFiles?.join(' ') ?? 'default',
    stricthostkeychecking: s.strictHostKeyChecking ?? 'accept-new',
    hostkeyalias: s.hostKeyAlias,
    hashknownhosts: s.hashKnownHosts ? 'yes' : 'no',
    serveraliveinterval: String(s.keepaliveIntervalSec ?? 0),
    serveralivecountmax: String(s.keepaliveCount ?? 3),
    connecttimeout: s.connectTimeoutSec === undefined ? 'none' : String(s.connectTimeoutSec),
  };
}

function theirs(config: string, host: string, options: readonly string[] = []): Comparable | { error: string } {
  const path = write(config);
  const run = spawnSync('ssh', ['-G', '-F', path, ...options.flatMap((o) => ['-o', o]), '--', host], { encoding: 'utf8' });
  if (run.status !== 0) return { error: run.stderr };
  const said = new Map<string, string[]>();
  for (const line of run.stdout.trim().split('\n')) {
    const [, key = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    said.set(key, [...(said.get(key) ?? []), value]);
  }
  const one = (key: string): string | undefined => said.get(key)?.[0];
  const strict: Record<string, string> = { true: 'strict', false: 'off', ask: 'accept-new', 'accept-new': 'accept-new' };
  const identities = said.get('identityfile') ?? [];
  return {
    hostname: one('hostname'),
    port: one('port'),
    user: one('user'),
    identityfile: identities[0] === '~/.ssh/id_rsa' && identities.length > 4 ? [] : identities,
    certificatefile: said.get('certificatefile') ?? [],
    identitiesonly: one('identitiesonly'),
    proxyjump: one('proxyjump'),
    proxycommand: one('proxycommand'),
    userknownhostsfile:
      one('userknownhostsfile')?.startsWith('~') || one('userknownhostsfile')?.includes('/.ssh/known_hosts')
        ? 'default'
        : one('userknownhostsfile'),
    stricthostkeychecking: strict[one('stricthostkeychecking') ?? ''],
    hostkeyalias: one('hostkeyalias'),
    hashknownhosts: one('hashknownhosts'),
    serveraliveinterval: one('serveraliveinterval'),
    serveralivecountmax: one('serveralivecountmax'),
    connecttimeout: one('connecttimeout'),
  };
}

function same(config: string, host: string, options: readonly string[] = []): void {
  const wanted = theirs(config, host, options);
  let got: Comparable | { error: string };
  try {
    got = ours(settings(config, host, options));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    got = { error: error.parts.what };
  }
  if ('error' in wanted) expect(got, `ssh refuses: ${String(wanted.error)}`).toHaveProperty('error');
  else expect(got).toEqual(wanted);
}

describe.skipIf(noSsh)(`ssh_config as \`ssh -G\` reads it${noSsh ? ` (${noSsh})` : ''}`, () => {
  mkdirSync(join(dir, 'inc'), { recursive: true });
  writeFileSync(join(dir, 'inc', 'a.conf'), 'Port 1001\nHost inner\n  User included\n');
  writeFileSync(join(dir, 'inc', 'b.conf'), 'Match originalhost web1\n  HostKeyAlias from-b\n');
  writeFileSync(join(dir, 'inc', '.hidden.conf'), 'User hidden\n');

  it.each([
    ['nothing at all', '', 'web1'],
    ['the first value wins', 'Host web*\n User a\n Port 1\nHost *\n User b\n Port 2\n HashKnownHosts yes\n', 'web1'],
    ['a negated pattern refuses the whole block', 'Host * !web1\n User a\nHost web? !web2\n User b\n', 'web1'],
    ['words in quotes, equal signs, tabs', 'Host="web1" other\n\tUser\t=\ta\n Port=22\n IdentityFile "/a b/key"\n', 'web1'],
    ['comments at the end', 'User a # not b\nPort 7 #x\nIdentityFile /a#b\n', 'web1'],
    ['comments and empty lines', '# c\n\n   # d\n  User  x  \n', 'web1'],
    ['upper case', 'HOST web1\n USER a\n pOrT 9\n', 'web1'],
    ['names with upper case', 'Host Web1\n User a\nHost web1\n User b\n', 'Web1'],
    ['HostName with %h', 'Host web1\n HostName %h.example.org\nMatch host web1.example.org\n User m\n', 'web1'],
    ['HostName with %%', 'HostName a%%b%h\n', 'web1'],
    [
      'several identities',
      'IdentityFile /one\nHost web1\n IdentityFile /two\n IdentityFile /one\nHost *\n IdentityFile /three\n',
      'web1',
    ],
    ['certificates', 'CertificateFile /c1\nCertificateFile /c2\n', 'web1'],
    ['Match all', 'Match all\n User a\n', 'web1'],
    ['Match !all', 'Match !all\n User a\n', 'web1'],
    ['Match user of an earlier line', 'User deploy\nMatch user deploy\n Port 5\nMatch user other\n Port 6\n', 'web1'],
    ['Match with several conditions', 'Match originalhost web* user !root,* host *1\n Port 5\n', 'web1'],
    ['Match with a negated condition', 'Match !originalhost web1\n Port 5\nMatch !host db*\n Port 6\n', 'web1'],
    ['Match localuser', `Match localuser ${userInfo().username}\n Port 5\n`, 'web1'],
    [
      'Match final',
      'HostName real.example.org\nMatch final host *.example.org\n User late\nHost *.example.org\n Port 77\n',
      'web1',
    ],
    ['Match final all', 'User early\nMatch final all\n User late\n Port 9\n', 'web1'],
    ['Match canonical', 'Match canonical\n Port 4\nMatch !canonical\n Port 5\n', 'web1'],
    ['Match ignores case of hosts', 'Match originalhost WEB1\n Port 4\n', 'web1'],
    ['Include', 'Include DIR/inc/*.conf\nPort 2\n', 'web1'],
    ['Include keeps its blocks to itself', 'Include DIR/inc/*.conf\nUser outer\n', 'inner'],
    ['Include inside of a block that does not apply', 'Host other\n Include DIR/inc/*.conf\nHost web1\n Port 9\n', 'web1'],
    ['Include of nothing', 'Include DIR/inc/none*.conf DIR/inc/missing\nPort 2\n', 'web1'],
    ['ProxyJump', 'ProxyJump a@b:3,c\n', 'web1'],
    ['ProxyJump none', 'Host web1\n ProxyJump none\nHost *\n ProxyJump bastion\n', 'web1'],
    ['ProxyCommand before ProxyJump', 'ProxyCommand nc -x "a b" %h %p # no comment\nProxyJump c\n', 'web1'],
    ['ProxyJump before ProxyCommand', 'ProxyJump c\nProxyCommand nc %h %p\n', 'web1'],
    ['ProxyCommand with =', 'ProxyCommand = ssh -W %h:%p -q bastion\n', 'web1'],
    ['ProxyCommand none', 'ProxyCommand none\n', 'web1'],
    ['times', 'ServerAliveInterval 1m30\nServerAliveCountMax 2\nConnectTimeout 2m\n', 'web1'],
    ['ConnectTimeout none', 'ConnectTimeout none\n', 'web1'],
    ['strict yes', 'StrictHostKeyChecking yes\n', 'web1'],
    ['strict no', 'StrictHostKeyChecking no\n', 'web1'],
    ['strict off', 'StrictHostKeyChecking off\n', 'web1'],
    ['strict accept-new', 'StrictHostKeyChecking accept-new\n', 'web1'],
    ['several known_hosts files', 'UserKnownHostsFile /a /b\nUserKnownHostsFile /c\n', 'web1'],
    ['HostKeyAlias', 'Host web*\n HostKeyAlias web\n', 'web1'],
    ['IdentitiesOnly', 'IdentitiesOnly yes\n', 'web1'],
    ['a quote that is not closed', 'User "a\n', 'web1'],
    ['a port that is none', 'Port 70000\n', 'web1'],
    ['a value that is missing', 'User\n', 'web1'],
    ['Match without a value', 'Match host\n', 'web1'],
    ['Match of something unknown', 'Match colour red\n User a\n', 'web1'],
    ['Match all with more', 'Match host a all\n', 'web1'],
    ['backslashes', 'User a\\ b\nIdentityFile /a\\"b\n', 'web1'],
    ['single quotes', "Host 'web1'\n User 'a b'\n", 'web1'],
  ])('%s', (_name, config, host) => same(config, host));

  it.each([
    ['wins over files', 'User a\nPort 1\n', ['User=b', 'Port=2']],
    ['is seen by Match', 'Match user cli\n Port 9\n', ['User=cli']],
    ['the first one wins', '', ['Port=1', 'Port=2']],
    ['identities are added', 'IdentityFile /file\n', ['IdentityFile=/cli', 'IdentityFile=/cli2']],
    ['ProxyCommand', 'ProxyJump x\n', ['ProxyCommand=ssh -W %h:%p -q bastion']],
    ['with a space', '', ['StrictHostKeyChecking no']],
    ['HostName', 'Match host real\n Port 4\n', ['HostName=real']],
  ])('the command line %s', (_name, config, options) => same(config, 'web1', options));

  it('agrees on random configurations', () => {
    const host = fc.constantFrom('web1', 'web2', 'db', 'web1.example.org', 'DB');
    const pattern = fc.constantFrom('*', 'web*', 'web?', 'web1', 'db', '!web1', '!db*', '*.example.org', 'web1.*', '?*');
    const list = fc.array(pattern, { minLength: 1, maxLength: 3 });
    const option = fc.oneof(
      fc.tuple(fc.constant('User'), fc.constantFrom('a', 'b', '"c d"', 'deploy')),
      fc.tuple(fc.constant('Port'), fc.integer({ min: 1, max: 65_535 }).map(String)),
      fc.tuple(fc.constant('HostName'), fc.constantFrom('%h.example.org', '10.0.0.1', 'db', '%h')),
      fc.tuple(fc.constant('IdentityFile'), fc.constantFrom('/k1', '/k2', '"/k 3"')),
      fc.tuple(fc.constant('IdentitiesOnly'), fc.constantFrom('yes', 'no')),
      fc.tuple(fc.constant('ProxyJump'), fc.constantFrom('none', 'bastion', 'a@b:22,c')),
      fc.tuple(fc.constant('ProxyCommand'), fc.constantFrom('none', 'nc %h %p', 'ssh -W %h:%p b')),
      fc.tuple(fc.constant('StrictHostKeyChecking'), fc.constantFrom('yes', 'no', 'ask', 'accept-new')),
      fc.tuple(fc.constant('UserKnownHostsFile'), fc.constantFrom('/kh1', '/kh1 /kh2', '/dev/null')),
      fc.tuple(fc.constant('HostKeyAlias'), fc.constantFrom('al', 'al2')),
      fc.tuple(fc.constant('ConnectTimeout'), fc.constantFrom('5', '1m', 'none')),
      fc.tuple(fc.constant('ServerAliveInterval'), fc.constantFrom('0', '5', '1h')),
    );
    const criterion = fc.oneof(
      fc.tuple(fc.constantFrom('host', '!host', 'originalhost', '!originalhost'), list).map(([k, v]) => `${k} ${v.join(',')}`),
      fc.constantFrom('user a', 'user !a,*', '!user deploy', 'final', '!final', 'canonical'),
    );
    const heading = fc.oneof(
      list.map((l) => `Host ${l.join(' ')}`),
      fc.array(criterion, { minLength: 1, maxLength: 3 }).map((c) => `Match ${c.join(' ')}`),
      fc.constant('Match all'),
    );
    const separator = fc.constantFrom(' ', '=', ' = ', '\t');
    const line = fc.tuple(option, separator).map(([[k, v], s]) => `  ${k}${s}${v}`);
    const block = fc.tuple(heading, fc.array(line, { maxLength: 4 })).map(([h, lines]) => [h, ...lines].join('\n'));
    const config = fc
      .tuple(fc.array(line, { maxLength: 2 }), fc.array(block, { maxLength: 5 }))
      .map(([top, blocks]) => `${[...top, ...blocks].join('\n')}\n`);
    fc.assert(
      fc.property(config, host, (text, name) => same(text, name)),
      { numRuns: 60 },
    );
  });
});

describe('ssh_config', () => {
  it('does not run Match exec, and says so', () => {
    const s = settings(`Match exec "touch ${dir}/ran"\n User a\nHost *\n User b\n`, 'web1');
    expect(s.user).toBe('b');
    expect(s.warnings.map(formatParts)).toEqual([expect.stringMatching(/:1: Match exec is not run/)]);
    expect(() => execFileSync('test', ['-e', join(dir, 'ran')])).toThrow();
  });

  it('is silent about Match exec where an earlier condition says no', () => {
    expect(settings('Match host db exec true\n User a\n', 'web1').warnings).toEqual([]);
  });

  it('fills in %d %u %h %r %n %p and variables', () => {
    process.env.KW_TEST_HOME = '/from-env';
    const s = settings(
      'HostName %h.org\nUser joe\nPort 7\nIdentityFile ${KW_TEST_HOME}/%h-%r-%n-%p\nIdentityFile ~/%u\nIdentityFile %d/x\n',
      'web1',
    );
    const home = process.env.HOME ?? '';
    expect(s.identityFiles).toEqual(['/from-env/web1.org-joe-web1-7', `${home}/${userInfo().username}`, `${home}/x`]);
    expect(() => settings('IdentityFile /%Q\n', 'web1')).toThrow(/%Q/);
    expect(() => settings('IdentityFile ${NO_SUCH_VARIABLE_HERE}\n', 'web1')).toThrow(/NO_SUCH_VARIABLE_HERE/);
  });

  it('names ignored options, with their place', () => {
    const spaced = settings('Host *\n IdentityFile DIR/my keys/id\n IdentityFile "DIR/my keys/id"\n Port 22 # here\n', 'web1');
    expect(spaced.identityFiles).toEqual([`${dir}/my`, `${dir}/my keys/id`]);
    expect(spaced.warnings.map(formatParts)).toEqual([
      expect.stringMatching(/:2: identityfile .*\/my keys\/id: only .*\/my counts, quote a value with spaces$/),
    ]);
    const { warnings } = settings('Host *\n RevokedHostKeys /a\n Compression yes\n ForwardAgent no\n Colour red\n', 'web1');
    expect(warnings.map(formatParts)).toEqual([
      expect.stringMatching(/:2: revokedhostkeys \/a is ignored: it is not supported$/),
      expect.stringMatching(/:5: colour red is ignored: OpenSSH has no such option$/),
    ]);
  });

  it('knows where an agent may be', () => {
    process.env.KW_TEST_AGENT = '/run/agent';
    expect(settings('IdentityAgent none\n', 'h').identityAgent).toBe('none');
    expect(settings('IdentityAgent SSH_AUTH_SOCK\n', 'h').identityAgent).toBeUndefined();
    expect(settings('IdentityAgent $KW_TEST_AGENT\n', 'h').identityAgent).toBe('/run/agent');
    expect(settings('IdentityAgent /tmp/%r.sock\nUser me\n', 'h').identityAgent).toBe('/tmp/me.sock');
  });

  it('says which file and line is wrong', () => {
    try {
      settings('Host *\n\n Port nine\n', 'web1');
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      if (error instanceof InputError)
        expect(error.parts.where).toEqual({ file: expect.stringMatching(/config-\d+$/), line: 3, column: 0 });
      return;
    }
    throw new Error('was not refused');
  });
});
