import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Scenario {
  /** Where a machine's sshd is and how one logs in: what `ssh-config` prints. */
  readonly logins?: Readonly<Record<string, { host: string; port: number; user: string; key: string }>>;
  readonly plugins?: readonly string[];
  /** The machine that does not boot. */
  readonly fails?: string;
  /** `up` goes on until it is interrupted. */
  readonly hangs?: boolean;
}

/** What Vagrant prints and how it ends, without machines: states lie beside the Vagrantfile, calls are recorded. */
const VAGRANT = `
const fs = require('node:fs');
const dir = process.env.STAND_IN;
const scenario = JSON.parse(fs.readFileSync(dir + '/scenario.json', 'utf8'));
const args = process.argv.slice(2);
const record = (what) => fs.appendFileSync(dir + '/calls', JSON.stringify(what) + '\\n');
record({ args, cwd: process.cwd() });
const machine = args.includes('--machine-readable');
const encode = (s) => String(s).replaceAll(',', '%!(VAGRANT_COMMA)').replaceAll('\\n', '\\\\n');
const row = (target, type, ...data) => machine && console.log([1795557567, target, type, ...data.map(encode)].join(','));
const ui = (target, level, text) => row(target, 'ui', level, (target ? (level === 'detail' ? '    ' : '==> ') + target + ': ' : '') + text);
const fail = (kind, text) => { ui('', 'error', text); row('', 'error-exit', kind, text); if (!machine) console.error(text); process.exit(1); };
const states = () => { try { return JSON.parse(fs.readFileSync('states.json', 'utf8')); } catch { return {}; } };
const set = (name, state) => fs.writeFileSync('states.json', JSON.stringify({ ...states(), [name]: state }));
const [command, ...rest] = args;
const flagged = new Set(['--provider']);
const words = rest.filter((a, i) => !a.startsWith('-') && !flagged.has(rest[i - 1]));
const all = () => JSON.parse(fs.readFileSync('machines.json', 'utf8')).machines.map((m) => m.name);
const names = (list) => (list.length > 0 ? list : all());
const provider = rest[rest.indexOf('--provider') + 1];
if (command === '--version') { console.log('Vagrant 2.4.9'); process.exit(0); }
if (command === 'plugin') {
  if ((scenario.plugins ?? []).length === 0) ui('', 'info', 'No plugins installed.');
  for (const p of scenario.plugins ?? []) { ui('', 'info', p + ' (0.12.2, global)'); row('', 'plugin-name', p); row(p, 'plugin-version', '0.12.2, global'); }
} else if (command === 'up') {
  for (const name of names(words)) ui('', 'info', "Bringing machine '" + name + "' up with '" + provider + "' provider...");
  process.on('SIGINT', () => { record({ signal: 'SIGINT' }); ui('', 'warn', 'Waiting for cleanup before exiting...'); setTimeout(() => { fail('Vagrant::Errors::VagrantInterrupted', 'Vagrant was interrupted'); }, 50); });
  (async () => {
    for (const name of names(words)) {
      if (states()[name] === 'running') { row(name, 'action', 'up', 'start'); ui(name, 'info', 'Machine already provisioned. Run vagrant provision'); row(name, 'action', 'up', 'end'); continue; }
      row(name, 'metadata', 'provider', provider);
      row(name, 'action', 'up', 'start');
      ui(name, 'output', "Box 'debian/bookworm64' could not be found. Attempting to find and install...");
      ui(name, 'detail', 'Box Provider: ' + provider + '\\nBox Version: >= 0');
      ui(name, 'info', "Creating image (snapshot of base box volume).");
      ui(name, 'output', 'Waiting for machine to boot. This may take a few minutes...');
      if (scenario.hangs) { record({ hanging: name }); await new Promise((done) => setTimeout(done, 60000)); }
      if (scenario.fails === name) {
        fail('Vagrant::Errors::VMBootTimeout', 'Timed out while waiting for the machine to boot. This means that\\nVagrant was unable to communicate with the guest machine within\\nthe configured ("config.vm.boot_timeout" value) time period.');
      }
      ui(name, 'output', 'Machine booted and ready!');
      ui(name, 'info', 'Running provisioner: first-contact (shell)...');
      set(name, 'running');
      row(name, 'action', 'up', 'end');
    }
    process.exit(0);
  })();
} else if (command === 'status') {
  for (const name of names(words)) {
    const state = states()[name] ?? 'not created';
    row(name, 'provider-name', 'libvirt'); row(name, 'state', state.replace(' ', '_')); row(name, 'state-human-short', state);
  }
} else if (command === 'ssh-config') {
  for (const name of names(words)) {
    const login = scenario.logins?.[name];
    if (!login || states()[name] !== 'running') fail('Vagrant::Errors::SSHNotReady', 'The provider for this Vagrant-managed machine is reporting that it\\nis not yet ready for SSH.');
    console.log('Host ' + name + '\\n  HostName ' + login.host + '\\n  User ' + login.user + '\\n  Port ' + login.port + '\\n  UserKnownHostsFile /dev/null\\n  StrictHostKeyChecking no\\n  PasswordAuthentication no\\n  IdentityFile "' + login.key + '"\\n  IdentitiesOnly yes\\n  LogLevel FATAL\\n');
  }
} else if (command === 'halt') {
  for (const name of names(words)) { ui(name, 'info', 'Attempting graceful shutdown of VM...'); set(name, 'shutoff'); }
} else if (command === 'destroy') {
  for (const name of names(words)) { ui(name, 'info', 'Removing domain...'); set(name, 'not created'); }
} else if (command === 'snapshot') {
  const [action, snapshot] = words;
  const file = 'snapshots.json';
  const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];
  if (action === 'save') {
    if (known.includes(snapshot)) fail('Vagrant::Errors::SnapshotConflictFailed', 'A snapshot with the name given already exists.');
    for (const name of all()) ui(name, 'info', "Snapshotting the machine as '" + snapshot + "'...");
    fs.writeFileSync(file, JSON.stringify([...known, snapshot]));
  } else if (action === 'list') {
    for (const name of all()) {
      if (known.length === 0) { ui(name, 'output', 'No snapshots have been taken yet!'); ui(name, 'detail', 'You can take a snapshot using vagrant snapshot save.'); continue; }
      ui(name, 'output', '');
      for (const s of known) row(name, 'ui', 'detail', s);
    }
  } else {
    if (!known.includes(snapshot)) fail('Vagrant::Errors::SnapshotNotFound', "The snapshot name '" + snapshot + "' was not found for the virtual machine.");
    for (const name of all()) ui(name, 'info', (action === 'restore' ? 'Restoring' : 'Deleting') + " the snapshot '" + snapshot + "'...");
    if (action === 'delete') fs.writeFileSync(file, JSON.stringify(known.filter((s) => s !== snapshot)));
  }
}
`;

/** A folder for the PATH with a stand-in for `vagrant`, and what it was called with. */
export class VagrantStandIn {
  readonly bin: string;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.bin = join(dir, 'bin');
    mkdirSync(this.bin, { recursive: true });
    this.tool('vagrant', `#!${process.execPath}\n${VAGRANT}`);
    // Nothing else of this machine is found, least of all its own vagrant.
    for (const name of ['ssh', 'ssh-keyscan', 'ssh-keygen', 'sh', 'cat']) {
      symlinkSync(spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(), join(this.bin, name));
    }
    this.scenario({});
  }

  /** A program on the PATH. */
  tool(name: string, text: string): void {
    writeFileSync(join(this.bin, name), text);
    chmodSync(join(this.bin, name), 0o755);
  }

  scenario(scenario: Scenario): void {
    writeFileSync(join(this.#dir, 'scenario.json'), JSON.stringify(scenario));
    writeFileSync(join(this.#dir, 'calls'), '');
  }

  get environment(): Record<string, string> {
    return { PATH: this.bin, STAND_IN: this.#dir };
  }

  records(): { args?: string[]; cwd?: string; signal?: string; hanging?: string }[] {
    return readFileSync(join(this.#dir, 'calls'), 'utf8')
      .split('\n')
      .filter((l) => l !== '')
      .map((l) => JSON.parse(l));
  }

  /** Command lines, without what only makes the output readable. */
  calls(): string[] {
    return this.records().flatMap((r) => (r.args ? [r.args.filter((a) => a !== '--machine-readable').join(' ')] : []));
  }
}
