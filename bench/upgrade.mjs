// npm run bench:upgrade: what an upgrade costs beside kubeadm, drains and the import of images, from the journals of its runs.
// Options: --from 1.35.4, --to 1.36.3 (several minor versions in one command: --to 1.37.2 --via 1.36.3), --masters 1, --workers 1,
// --json FILE, --keep (leave the lab running), --journal DIR,DIR (journals of an upgrade that has run, oldest first; no lab is started).
// The bundles must have been built: kubewright bundle build --kube-version 1.36 --from go.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchLab } from './support/lab.mjs';
import { flag, option, printTable, say, seconds, writeResult } from './support/report.mjs';
import { upgradeShares } from './support/upgrade-shares.mjs';

const WANTED = 0.1;
const given = option('journal', '');
if (given !== '') report(upgradeShares(given.split(',').map(readJournal)), { journals: given.split(',').length });
else await inLab();

async function inLab() {
  const from = option('from', '1.35.4');
  const via = option('via', '');
  const to = option('to', '1.36.3');
  const cache = join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle');
  const bundleOf = (version) => join(cache, `go-${version}`);
  const steps = [...(via === '' ? [] : via.split(',')), to];
  for (const version of [from, ...steps]) {
    if (!existsSync(bundleOf(version)))
      throw new Error(`there is no bundle ${bundleOf(version)}: kubewright bundle build --kube-version ${version} --from go`);
  }
  const masters = Number(option('masters', '1'));
  const workers = Number(option('workers', '1'));
  const lab = await benchLab({ masters, workers, subnet: '10.79.0.0/24', bundle: bundleOf(from), keep: flag('keep') });
  try {
    say(`installing Kubernetes ${from}`);
    await lab.cli(['keys', 'distribute', '-i', lab.inventory]);
    await lab.cli(['provision', '-i', lab.inventory, '--json']);
    const runs = join(lab.dir, '.kubewright', 'runs');
    const before = new Set(readdirSync(runs));
    say(`upgrading to ${to}`);
    const bundles = steps.flatMap((version) => ['--bundle', bundleOf(version)]);
    const since = Date.now();
    await lab.cli(['upgrade', '-i', lab.inventory, '--to', to, ...bundles, '--yes', '--plain']);
    const journals = readdirSync(runs)
      .filter((name) => name !== 'latest' && !before.has(name))
      .toSorted()
      .map((name) => readJournal(join(runs, name)));
    report(upgradeShares(journals, since), { from, to, masters, workers, journals: journals.length });
  } finally {
    await lab.down();
  }
}

/** @param {string} dir */
function readJournal(dir) {
  return readFileSync(join(dir, 'events.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const event = JSON.parse(line);
        if (event.started !== undefined) return [{ type: 'command', at: Date.parse(event.started) }];
        return typeof event.at === 'number' ? [event] : [];
      } catch {
        return [];
      }
    });
}

/** @param {ReturnType<typeof upgradeShares>} shares @param {Record<string, unknown>} about */
function report(shares, about) {
  const percent = (ms) => `${((ms / shares.hosts) * 100).toFixed(1)} %`;
  printTable([
    ['', 'time', 'of what hosts need'],
    ...Object.entries(shares.needed).map(([name, ms]) => [`some host in: ${name}`, seconds(ms), percent(ms)]),
    ['kubeadm, drain and image import together', seconds(shares.hosts), '100 %'],
    ['hosts at other tasks: restarts, waits, checks', seconds(shares.others), percent(shares.others)],
    ['no host at any task: Kubewright itself', seconds(shares.own), percent(shares.own)],
    ['the whole upgrade', seconds(shares.wall), ''],
  ]);
  console.log(`\nOwn overhead: ${(shares.share * 100).toFixed(1)} % (wanted: at most ${WANTED * 100} %)`);
  const file = option('json', '');
  if (file !== '') writeResult(file, { ...about, ...shares });
}
