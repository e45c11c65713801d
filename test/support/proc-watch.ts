import { type ChildProcess, spawn } from 'node:child_process';

/** Runs by itself, so that a busy test does not keep it from looking. Reads what to look for from stdin: JSON strings. */
const WATCHER = String.raw`
const { readdirSync, readFileSync } = require('node:fs');
let wanted, pattern, hits = new Map(), matches = new Set(), rounds = 0;
process.stdin.on('data', (d) => { const o = JSON.parse(String(d)); pattern = o.pattern && new RegExp(o.pattern, 'g'); wanted = o.wanted; });
process.stdin.on('end', () => { console.log(JSON.stringify({ rounds, hits: [...hits.values()], matches: [...matches] })); process.exit(0); });
function look() {
  if (wanted) {
    rounds++;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      for (const file of ['cmdline', 'environ']) {
        let text;
        try { text = readFileSync('/proc/' + pid + '/' + file, 'latin1'); } catch { continue; }
        if (pattern) for (const m of text.match(pattern) ?? []) matches.add(m);
        wanted.forEach((w, i) => { if (text.includes(w)) hits.set(i + file, { index: i, file, cmdline: text.slice(0, 200) }); });
      }
    }
  }
  setImmediate(look);
}
console.log('ready');
look();
`;

interface Sighting {
  /** Into the list of what was wanted. */
  readonly index: number;
  readonly file: 'cmdline' | 'environ';
  readonly cmdline: string;
}

export interface Watched {
  /** How often it has looked. */
  readonly rounds: number;
  readonly hits: readonly Sighting[];
  readonly matches: readonly string[];
}

/** Looks through the arguments and environments of all processes of this machine, over and over, until it is told to stop. */
export class ProcWatch {
  readonly #child: ChildProcess;
  #out = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Text is compared as bytes: `wanted` must be ASCII. What matches `pattern` is collected, for secrets that are known later only. */
  static async start(wanted: readonly string[], pattern?: RegExp): Promise<ProcWatch> {
    const child = spawn(process.execPath, ['-e', WATCHER], { stdio: ['pipe', 'pipe', 'inherit'] });
    const watch = new ProcWatch(child);
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.stdout.on('data', (d: Buffer) => {
        watch.#out += d.toString();
        if (watch.#out.startsWith('ready\n')) resolve();
      });
    });
    child.stdin.write(JSON.stringify({ wanted, pattern: pattern?.source }));
    return watch;
  }

  async stop(): Promise<Watched> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await closed;
    return JSON.parse(this.#out.replace('ready\n', ''));
  }
}
