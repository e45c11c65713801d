import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Cli, missingForCli } from '../../support/cli.js';

const missing = missingForCli();
const dir = mkdtempSync(join(tmpdir(), 'kubewright-many-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(missing)(`more hosts than Node expects listeners${missing ? ` (${missing})` : ''}`, () => {
  const names = Array.from({ length: 30 }, (_, i) => `d${i + 1}`);
  // Nothing listens on the discard port.
  const hosts = names.map((n, i) => `${n} ansible_host=127.0.0.${i + 1} ansible_port=9 ip=10.1.0.${i + 1}`);
  const inventory = join(dir, 'hosts.ini');
  writeFileSync(inventory, `${hosts.join('\n')}\n[kube_control_plane]\nd1\n[kube_node]\n${names.slice(1).join('\n')}\n`);

  it.each([
    ['provision', ['provision', '-i', inventory, '--plain'], /^error: d1…d30 \(30\): The host refuses connections\n/],
    ['exec', ['exec', 'all', '-i', inventory, '--', 'true'], /30 hosts: 0 ok, 30 not reached/],
    ['keys distribute', ['keys', 'distribute', '-i', inventory], /^/],
  ])('%s says what is wrong with them, and nothing of its own', async (_, args, message) => {
    const cli = new Cli(args, { cwd: dir });
    expect(await cli.ended).toBe(3);
    expect(cli.err).toMatch(message);
    expect(cli.err + cli.out).not.toMatch(/Warning|at .*\.js:/);
  });
});
