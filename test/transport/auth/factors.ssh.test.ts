import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, missingForFleet, startFleet } from '../../../bench/support/fleet.mjs';
import { Secret } from '../../../src/shell/secret.js';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { keygen, startAgent, testTarget } from '../../support/fleet/sshd.js';

const reason = missingForFleet();
const transport = createTransport();

/** Each machine has a /etc of its own, so that its PAM may be what we want. */
const SETUP = `
  mkdir /root/etc && cp -a /etc/. /root/etc && mount --bind /root/etc /etc
  printf '%s\\n' 'auth required pam_unix.so' 'account required pam_permit.so' 'session required pam_permit.so' > /etc/pam.d/sshd
  case $(hostname) in
    f1) methods=publickey,keyboard-interactive:pam ;;
    f2) methods=publickey,password ;;
    f3) methods=publickey,publickey ;;
    f4) methods='publickey,password publickey,keyboard-interactive' ;;
  esac
  sed -i "1i AuthenticationMethods $methods" /etc/ssh/sshd_config`;

describe.skipIf(reason)(`a second factor${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  let fleet: Fleet;
  let agent: { readonly socket: string; stop(): void };
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-factors-'));
  beforeAll(async () => {
    fleet = await startFleet({
      count: 4,
      prefix: 'f',
      setup: SETUP,
      settings: ['UsePAM yes', 'PasswordAuthentication yes', 'KbdInteractiveAuthentication yes'],
    });
    agent = startAgent(fleet.keyFile);
  });
  afterAll(async () => {
    agent?.stop();
    await fleet?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function target(name: string, password?: string, over: Partial<Target> = {}): Target {
    const host = fleet.hosts.find((h) => h.name === name);
    if (!host) throw new Error(`no ${name}`);
    return testTarget({
      name,
      address: host.address,
      port: host.port,
      user: host.user,
      password: password === undefined ? undefined : new Secret('ssh-password', password),
      identities: { files: [], certificates: [], only: false, agent: agent.socket },
      hostKeys: { mode: 'strict', files: [fleet.knownHosts] },
      ...over,
    });
  }
  async function says(t: Target): Promise<string> {
    const session = await transport.connect(t);
    let out = '';
    await session.exec('hostname', { onStdout: (c) => (out += c.toString()) });
    await session.close();
    return out.trim();
  }
  async function refusal(t: Target): Promise<TransportError> {
    const result = await transport.connect(t).catch((e: unknown) => e);
    if (result instanceof TransportError) return result;
    throw new Error('was let in');
  }

  it.each([
    ['f1', 'keyboard-interactive/pam'],
    ['f2', 'password'],
    ['f4', 'password'],
  ])('%s: a key of the agent, then the password by %s', async (name, method) => {
    expect(await says(target(name, fleet.password))).toBe(name);
    expect(fleet.log(name)).toMatch(/Partial publickey for kw/);
    expect(fleet.log(name)).toContain(`Accepted ${method} for kw`);
  });

  it.each([
    ['f1', /^keyboard-interactive$/],
    ['f2', /^password$/],
    ['f4', /^password, keyboard-interactive$/],
  ])('%s: without a password it is said what is still wanted', async (name, wanted) => {
    const error = await refusal(target(name));
    expect(error.kind).toBe('auth');
    expect(error.parts.what).toBe('The host wants another factor before kw may log in');
    const [accepted, still] = error.parts.why?.split('\n') ?? [];
    expect(accepted).toMatch(/^Accepted: \S+ \(agent\)$/);
    expect(still?.replace('Still wanted: ', '')).toMatch(wanted);
    expect(error.parts.fix).toMatch(/--ask-pass/);
  });

  it.each(['f1', 'f2', 'f4'])('%s: a wrong password is told from a wrong key', async (name) => {
    const error = await refusal(target(name, 'wrong'));
    expect(error.kind).toBe('auth');
    expect(error.parts.why).toMatch(/^Accepted: \S+ \(agent\)\nStill wanted: (password|keyboard-interactive)/);
    expect(error.parts.why).toMatch(/\nTried: \S+ \(agent\), (password|keyboard-interactive)/);
    expect(error.parts.fix).toMatch(/^Correct the password/);
    expect(JSON.stringify(error.parts)).not.toContain('"wrong"');
  });

  it('f1: what was asked is told', async () => {
    expect((await refusal(target('f1', 'wrong'))).parts.why).toMatch(/\nIt asked: Password:/);
  });

  it('two keys', async () => {
    const second = join(dir, 'second');
    keygen(second);
    const one = await refusal(target('f3', undefined, { privateKeyFile: second }));
    expect(one.parts.why).toMatch(/^Accepted: \S+ \(agent\)\nStill wanted: publickey/);
    fleet.run('f3', 'cat >> /home/kw/.ssh/authorized_keys', readFileSync(`${second}.pub`, 'utf8'));
    expect(await says(target('f3', undefined, { privateKeyFile: second }))).toBe('f3');
  });

  it('a password alone is not called half of the way', async () => {
    const identities = { files: [], certificates: [], only: true, agent: 'none' };
    writeFileSync(join(dir, 'none'), '');
    const error = await refusal(target('f2', fleet.password, { identities, privateKeyFile: join(dir, 'none') }));
    expect(error.parts.what).toBe('The host refuses the login of kw');
    expect(error.parts.why).toMatch(/The server offers: publickey$/m);
  });
});
