import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sh } from '../../src/shell/shell.js';
import { patiently } from '../../src/tasks/patiently.js';
import { scratch } from '../support/bundle.js';

/** Runs the call with a kubectl that says these, one after the other, and a sleep that takes no time. */
async function calls(answers: readonly string[]) {
  const dir = await scratch();
  const tool = (name: string, text: string) => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(dir, name), 0o755);
  };
  answers.forEach((text, i) => {
    writeFileSync(join(dir, `answer-${i + 1}`), text);
  });
  writeFileSync(join(dir, 'count'), '0');
  tool('sleep', '');
  tool(
    'kubectl',
    `cd ${dir}; n=$(( $(cat count) + 1 )); echo $n > count; cat > input
    case $(cat answer-$n) in ok*) cat answer-$n ;; *) cat answer-$n >&2; exit 1 ;; esac`,
  );
  const program = `set -eu\n${patiently(sh`printf '%s' object | kubectl apply -f -`).text}\n`;
  const end = await promisify(execFile)('sh', ['-c', program], { env: { PATH: `${dir}:${process.env.PATH}` } }).then(
    ({ stdout }) => ({ rc: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ rc: error.code, stdout: error.stdout }),
  );
  return { ...end, count: Number(readFileSync(join(dir, 'count'), 'utf8')), input: readFileSync(join(dir, 'input'), 'utf8') };
}

describe('a patient call of kubectl', () => {
  it.each([
    'error: dial tcp 127.0.0.1:6443: connect: connection refused',
    'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?',
    'Unable to connect to the server: net/http: TLS handshake timeout',
    'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout',
    'Error from server: etcdserver: leader changed',
    'Error from server (Timeout): the server was unable to return a response in the time allotted',
    'Error from server (ServiceUnavailable): apiserver is shutting down',
    'error when creating "STDIN": Post "https://127.0.0.1:6443/apis": unexpected EOF',
    'Get "https://127.0.0.1:6443/api": EOF',
    'error: resource mapping not found for name: "default-pool" namespace: "" from "STDIN": no matches for kind "IPPool" in version "crd.projectcalico.org/v1"',
    'error: .status.conditions accessor error: <nil> is of the type <nil>, expected []interface{}',
  ])('is made again after: %s', async (words) => {
    expect(await calls([words, words, 'ok'])).toEqual({ rc: 0, stdout: 'ok\n', count: 3, input: 'object' });
  });

  it.each([
    'Error from server (NotFound): daemonsets.apps "calico-node" not found',
    'Error from server (Forbidden): nodes is forbidden',
    'error: unable to parse EOF marker: line 3',
    'The IPPool "default-pool" is invalid: spec.cidr',
  ])('takes this for the answer: %s', async (words) => {
    expect(await calls([words, 'ok'])).toMatchObject({ rc: 1, stdout: `${words}\n`, count: 1 });
  });
});
