import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { ioError } from '../../base/io-error.js';
import { report } from '../../ui/runs/report/report.js';
import { runModel } from '../../ui/runs/run-model.js';
import { openRun, type RunsOptions } from './runs.js';

export interface RunsReportOptions extends RunsOptions {
  readonly run: string;
  /** `-`: stdout. Default: report.html in the run's directory. */
  readonly output?: string;
}

/** `runs report`. Prints the path of the file. */
export function runsReport(o: RunsReportOptions): number {
  const journal = openRun(o, o.run);
  const page = report(journal, { ...runModel(journal.events), dir: journal.dir });
  if (o.output === '-') {
    process.stdout.write(page);
    return 0;
  }
  const file = resolve(o.output ?? join(journal.dir, 'report.html'));
  try {
    // It holds the output of hosts, so only its owner may read it.
    writeFileSync(file, page, { mode: 0o600 });
  } catch (cause) {
    throw new InputError(
      ioError('Cannot write the report', file, cause, 'Use -o FILE with a file in an existing, writable directory'),
    );
  }
  process.stdout.write(`${file}\n`);
  return 0;
}
