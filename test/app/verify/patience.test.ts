import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATIENT } from '../../../src/app/verify/programs/patience.js';
import { PROLOGUE } from '../../../src/app/verify/programs/prologue.js';
import { joinShell, rawShell } from '../../../src/shell/shell.js';

/** As kubectl shows the answer of an API server that is not ready. */
const NOT_READY =
  'Error from server (InternalError): an error on the server ("[+]ping ok\\n[+]etcd ok\\n[-]etcd-readiness failed: reason withheld\\n[+]informer-sync ok\\nreadyz check failed") has prevented the request from succeeding';

describe('what verify is told by a server that is not ready', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'kubewright-patience-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function program(name: string, text: string): void {
    writeFileSync(join(dir, name), `#!/bin/sh\necho x >>"${dir}/${name}.calls"\nn=$(wc -l <"${dir}/${name}.calls")\n${text}\n`, {
      mode: 0o755,
    });
  }
  /** Seconds pass only while the program sleeps. */
  function run(call: string): string {
    writeFileSync(join(dir, 'now'), '1000');
    program('date', `cat "${dir}/now"`);
    program('sleep', `echo $(($(cat "${dir}/now") + $1)) >"${dir}/now"`);
    const text = joinShell([PROLOGUE, rawShell(`PATH=${dir}:$PATH`), PATIENT, rawShell(call)]).text;
    return execFileSync('sh', ['-c', text], { encoding: 'utf8' }).trim();
  }
  const calls = (name: string): number => readFileSync(join(dir, `${name}.calls`), 'utf8').length / 2;
  const READYZ = 'readyz admin.conf https://10.0.0.1:6443';
  const HEALTH = 'etcd_health https://10.0.0.1:2379 ca cert key';

  it('is asked again until it is ready', () => {
    program('kubectl', `[ "$n" -ge 4 ] || { printf '%s\\n' '${NOT_READY}' >&2; exit 1; }`);
    expect(run(READYZ)).toBe('ok');
    expect(calls('kubectl')).toBe(4);
  });

  it('is given up in the end, with the check that fails', () => {
    program('kubectl', `printf '%s\\n' '${NOT_READY}' >&2; exit 1`);
    expect(run(READYZ)).toBe('for 30 s: [-]etcd-readiness failed: reason withheld');
    expect(calls('kubectl')).toBe(16);
  });

  it('is not waited for where nothing answers', () => {
    const refused = 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?';
    program('kubectl', `echo '${refused}' >&2; exit 1`);
    expect(run(READYZ)).toBe(refused);
    expect(calls('kubectl')).toBe(1);
  });

  it('may be a load balancer that has not noticed yet that an API server has gone', () => {
    const ended = 'Unable to connect to the server: EOF';
    program('kubectl', `[ "$n" -ge 3 ] || { echo '${ended}' >&2; exit 1; }`);
    expect(run(READYZ)).toBe('ok');
    program('kubectl', `echo '${ended}' >&2; exit 1`);
    expect(run(READYZ)).toBe(`for 30 s: ${ended}`);
  });

  it('may be a member of etcd without a leader', () => {
    program(
      'curl',
      `[ "$n" -lt 3 ] || { echo '{"health":"true","reason":""}'; exit; }\necho '{"health":"false","reason":"RAFT NO LEADER"}'`,
    );
    expect(run(HEALTH)).toBe('{"health":"true","reason":""}');
    expect(calls('curl')).toBe(3);
    program('curl', `echo '{"health":"false","reason":"RAFT NO LEADER"}'`);
    expect(run(HEALTH)).toBe('for 30 s: {"health":"false","reason":"RAFT NO LEADER"}');
  });

  it('may be a member of etcd that is off', () => {
    program('curl', `echo 'curl: (7) Failed to connect' >&2; exit 7`);
    expect(run(HEALTH)).toBe('curl: (7) Failed to connect');
    expect(calls('curl')).toBe(1);
  });
});
