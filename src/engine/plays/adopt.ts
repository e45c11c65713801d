import type { RunEventBody } from '../events.js';
import type { FoundProgram } from '../locks/lock.js';
import type { HostRunner } from './host-runner.js';

/**
 * Follows the programs that dead controllers have left on the hosts to their end, all at once. Each is shown as a play of its
 * own and does not count in the run that comes after, whose own checks decide.
 */
export async function adoptPrograms(
  found: ReadonlyMap<string, readonly FoundProgram[]>,
  runner: HostRunner,
  emit: (event: RunEventBody) => void,
): Promise<void> {
  const plays = new Map<string, { host: string; program: FoundProgram }[]>();
  for (const [host, programs] of found) {
    for (const program of programs) {
      const name = `${program.label.play} (begun by run ${program.run})`;
      plays.set(name, [...(plays.get(name) ?? []), { host, program }]);
    }
  }
  await Promise.all(
    [...plays].map(async ([play, members]) => {
      const began = Date.now();
      const hosts = [...new Set(members.map((m) => m.host))];
      const tasks = Object.fromEntries(members.map((m) => [m.host, m.program.label.tasks.length]));
      emit({ type: 'play-start', play, hosts, tasks });
      const failed: string[] = [];
      await Promise.all(
        members.map(async ({ host, program }) => {
          const running = program.state === 'running';
          emit({
            type: 'warning',
            host,
            text: running
              ? `run ${program.run} has left a program running here: it is followed to its end first`
              : `run ${program.run} has left a program that has ended, and whose output was not read`,
          });
          const trouble = await runner.adopt(play, host, program);
          if (trouble === undefined) return;
          failed.push(host);
          emit({ type: 'warning', host, text: `the program of run ${program.run}: ${trouble}` });
        }),
      );
      emit({ type: 'play-end', play, ms: Date.now() - began, failed });
    }),
  );
}
