// npm run bench:keys: one command exchanges keys among many real sshd on this box, beside plain ssh loops that do the same.
// Options: --count N (default 200), --json FILE.
import { lchownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFleet } from './support/fleet.mjs';
import { CLI } from './support/lab.mjs';
import { measure } from './support/measure.mjs';
import { option, printTable, say, seconds, times, writeResult } from './support/report.mjs';

const count = Number(option('count', '200'));
const MAX_MB = 300;
/** This number of ssh at once is within the limits of an operator's box and of sshd's MaxStartups. */
const AT_ONCE = 9;

say(`starting ${count} machines`);
const fleet = await startFleet({ count, hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
const dir = join(fleet.dir, 'bench');
mkdirSync(dir);
try {
  const rows = [];
  rows.push(await contender('kubewright keys distribute', ours));
  const again = await contender('the same again: nothing to change', ours, { fresh: false });
  rows.push(await contender(`plain ssh loop, ${AT_ONCE} at once`, () => loop(AT_ONCE)));
  rows.push(await contender('plain ssh loop, one after the other', () => loop(1)));
  report([rows[0], again, ...rows.slice(1)]);
} finally {
  await fleet.stop();
}

/** From the same state: no key pair and no known_hosts anywhere, and the operator's key may log in. */
async function contender(name, work, { fresh = true } = {}) {
  if (fresh) reset();
  say(name);
  const before = fleet.connections();
  const { ms, peakKb } = await work();
  const connections = fleet.connections() - before;
  for (const { home, name: host } of fleet.hosts) {
    const lines = (file) =>
      readFileSync(join(home, '.ssh', file), 'utf8')
        .trim()
        .split('\n').length;
    // The operator's key counts as one; a machine may or may not have its own beside the others'.
    if (lines('authorized_keys') < count || lines('known_hosts') < 3 * (count - 1))
      throw new Error(`${host} did not get all keys`);
  }
  return { name, ms, peakMb: peakKb ? Math.round(peakKb / 1024) : undefined, connections };
}

function reset() {
  const key = readFileSync(`${fleet.keyFile}.pub`);
  for (const { home } of fleet.hosts) {
    const ssh = join(home, '.ssh');
    const { uid, gid } = statSync(home);
    rmSync(ssh, { recursive: true, force: true });
    mkdirSync(ssh, { mode: 0o700 });
    writeFileSync(join(ssh, 'authorized_keys'), key, { mode: 0o600 });
    for (const path of [ssh, join(ssh, 'authorized_keys')]) lchownSync(path, uid, gid);
  }
}

function ours() {
  const env = { HOME: dir, NO_COLOR: '1', SSH_AUTH_SOCK: '' };
  return measure(process.execPath, [CLI, 'keys', 'distribute', '-i', fleet.inventoryPath], { env });
}

/** As written by hand: once to all to collect, once to all to distribute. */
async function loop(width) {
  const options = ['-F none', '-o BatchMode=yes', '-o StrictHostKeyChecking=yes', '-o IdentitiesOnly=yes', '-o LogLevel=ERROR'];
  const ssh = `ssh ${options.join(' ')} -i ${fleet.keyFile} -o UserKnownHostsFile=${fleet.knownHosts} -p ${fleet.hosts[0].port}`;
  const file = (name, text) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const list = file('list', fleet.hosts.map((h) => `${h.name} ${h.user}@${h.address}\n`).join(''));
  const collect = file(
    'collect',
    `cd ~/.ssh; [ -f id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f id_ed25519; cat id_ed25519.pub; cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub\n`,
  );
  const began = performance.now();
  const all = (input, output) =>
    measure('sh', ['-c', `xargs -P ${width} -n 2 sh -c '${ssh} "$2" sh -s < ${input} > ${output}' sh < ${list}`]);
  await all(collect, `${dir}/out."$1"`);
  const keys = [];
  const known = [];
  for (const { name, address, port } of fleet.hosts) {
    const [own, ...hostKeys] = readFileSync(join(dir, `out.${name}`), 'utf8')
      .trim()
      .split('\n');
    keys.push(own);
    for (const k of hostKeys) known.push(`[${name}]:${port},[${address}]:${port} ${k}`);
  }
  const program = `umask 077; cd ~/.ssh\ncat >> authorized_keys <<'END'\n${keys.join('\n')}\nEND\ncat >> known_hosts <<'END'\n${known.join('\n')}\nEND\n`;
  await all(file('hand-out', program), '/dev/null');
  return { ms: performance.now() - began, peakKb: 0 };
}

function report(rows) {
  const [first] = rows;
  console.log(`\nKeys for ${count} machines, all of them on this box, so that they share its cores\n`);
  printTable([
    ['', 'time', 'against ours', 'connections', 'peak memory'],
    ...rows.map((r) => [r.name, seconds(r.ms), times(r.ms / first.ms), `${r.connections}`, r.peakMb ? `${r.peakMb} MB` : '']),
  ]);
  console.log(
    '\nThe loops collect first and then distribute: two logins per machine. They append blindly, sync nothing, and a second run',
  );
  console.log('of them would append everything again.');
  const ok = first.connections <= count && first.peakMb < MAX_MB;
  console.log(`\nconnections <= ${count}, memory < ${MAX_MB} MB: ${ok ? 'yes' : 'NO'}`);
  if (!ok) process.exitCode = 1;
  const file = option('json', '');
  if (file) writeResult(file, { bench: 'keys', count, rows });
}
