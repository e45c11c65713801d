import { hasColor } from '../../base/text/color.js';
import { isTerminal, type LiveStream } from '../live/live-region.js';
import { PlainReporter, type StageReporter } from './reporter.js';

export interface ReporterOptions {
  readonly stdout?: LiveStream & { readonly isTTY?: boolean };
  /** Lines, even on a terminal. */
  readonly plain?: boolean;
  /** Kind of terminal; default $TERM. */
  readonly term?: string;
}

/** Runs `work` with a reporter on stdout: live on a terminal, lines elsewhere. Only what draws is loaded. */
export async function reported<T>(work: (report: StageReporter) => Promise<T>, o: ReporterOptions = {}): Promise<T> {
  const report = await createReporter(o);
  try {
    const result = await work(report);
    await report.end('done');
    return result;
  } catch (error) {
    await report.end('failed');
    throw error;
  }
}

async function createReporter(o: ReporterOptions): Promise<StageReporter> {
  const stdout = o.stdout ?? process.stdout;
  if (o.plain || !isTerminal(stdout, o.term)) return new PlainReporter(stdout);
  const { LiveReporter } = await import('./live-reporter.js');
  return new LiveReporter(stdout, { color: hasColor(stdout) });
}
