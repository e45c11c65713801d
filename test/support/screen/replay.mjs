/**
 * Plays the events of a run to a view, to look at it: `npx vite-node test/support/screen/replay.mjs -- --hosts 200 --speed 10`.
 *
 *   --journal DIR   a run's folder instead of a synthetic run
 *   --hosts N, --tasks N, --failing HOSTS, --slow HOSTS, --converged   the synthetic run
 *   --view terminal|plain|json, --speed X, --verbose 0|1|2
 *   --write DIR     don't play it, write its journal to DIR
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createView } from '../../../src/ui/run/create-view.js';
import { syntheticRun } from './synthetic.mjs';

const { values: o } = parseArgs({
  options: {
    journal: { type: 'string' },
    hosts: { type: 'string', default: '9' },
    tasks: { type: 'string', default: '60' },
    failing: { type: 'string', default: '' },
    slow: { type: 'string', default: '' },
    converged: { type: 'boolean' },
    view: { type: 'string', default: 'terminal' },
    speed: { type: 'string', default: '1' },
    verbose: { type: 'string', default: '0' },
    write: { type: 'string' },
  },
});
const names = (text) => text.split(',').filter((n) => n !== '');
const dir = o.write && resolve(o.write);
const events = o.journal
  ? readFileSync(join(o.journal, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((l) => l.includes('"type":'))
      .map((l) => JSON.parse(l))
  : syntheticRun({
      hosts: Number(o.hosts),
      tasks: Number(o.tasks),
      failing: names(o.failing),
      slow: names(o.slow),
      converged: o.converged,
      ...(dir ? { run: basename(dir), dir } : {}),
    });
if (dir) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'events.jsonl'), `${events.map((e) => JSON.stringify(e)).join('\n')}\n`);
} else {
  const { stdout, stderr } = process;
  const speed = Number(o.speed);
  const first = events[0]?.at ?? 0;
  const began = Date.now();
  const color = stdout.isTTY && !process.env.NO_COLOR;
  const view = await createView(o.view, { stdout, stderr, verbosity: Number(o.verbose), color });
  for (const e of events) {
    const due = (e.at - first) / speed;
    const wait = due - (Date.now() - began);
    if (wait > 1) await new Promise((done) => setTimeout(done, wait));
    // As if it happened now, so that the times on the screen run as fast as the replay.
    view.event({ ...e, at: Date.now(), ...(e.ms === undefined ? {} : { ms: Math.round(e.ms / speed) }) });
  }
  await view.end();
}
