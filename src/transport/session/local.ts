import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { Become } from '../become/become.js';
import { killAsRoot } from '../become/kill-as-root.js';
import { CommandInterruptedError, TransportError } from '../errors.js';
import { applyBackpressure } from '../io/backpressure.js';
import { signalGroup } from '../io/signal-group.js';
import { sendStdin } from '../io/stdin.js';
import { firstWordMs } from '../limits/first-word.js';
import type { ExecOptions, Exit, Session, Target, Transport } from '../types.js';

/** `ansible_connection: local`: commands run on this machine. */
export function createLocalTransport(): Transport {
  return { connect: async (target) => new LocalSession(target) };
}

class LocalSession implements Session {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  exec(command: string, o: ExecOptions = {}): Promise<Exit> {
    const { become: how } = this.target;
    const become = o.become && how.enabled && userInfo().username !== how.user ? new Become(this.target, command) : undefined;
    if (o.signal?.aborted) {
      return Promise.resolve({ kind: 'lost', cause: new CommandInterruptedError(this.target) });
    }
    return new Promise((resolve) => {
      const child = spawn('sh', ['-c', become?.command ?? command], { stdio: 'pipe', detached: true });
      let cut = false;
      const lost = (what: string): Extract<Exit, { kind: 'lost' }> => ({
        kind: 'lost',
        cause: new TransportError('lost', { what, where: this.target.name }),
      });
      const onAbort = (): void => {
        cut = true;
        const done = (mayStillRun?: string): void => {
          // It leads its own process group, which Ctrl-C on the terminal does not reach.
          if (child.pid !== undefined) signalGroup(child.pid);
          resolve({ kind: 'lost', cause: new CommandInterruptedError(this.target), mayStillRun });
        };
        if (become?.pid === undefined || !o.killOnAbort) done();
        else killAsRoot(become.pid, (kill) => this.exec(kill, { become: true })).then(done);
      };
      o.signal?.addEventListener('abort', onAbort, { once: true });
      const limit = firstWordMs(this.target);
      let late: TransportError | undefined;
      const timer =
        become &&
        setTimeout(() => {
          late = become.late(limit);
          if (child.pid !== undefined) signalGroup(child.pid);
        }, limit);
      const send = (): void => {
        clearTimeout(timer);
        o.onReady?.();
        sendStdin(child.stdin, o.stdin);
      };
      const password = (text: string): void => {
        if (become?.refused) child.kill();
        else child.stdin.write(text);
      };
      child.stdin.on('error', () => undefined);
      child.stdout.on('data', (chunk: Buffer) => {
        const data = become ? become.stdout(chunk, send, password) : chunk;
        if (data.length > 0) o.onStdout?.(data);
        applyBackpressure(child.stdout, o);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        const data = become ? become.stderr(chunk, password) : chunk;
        if (data.length > 0) o.onStderr?.(data);
        applyBackpressure(child.stderr, o);
      });
      child.on('error', (error) => resolve(lost(error.message)));
      child.on('close', (code, signal) => {
        o.signal?.removeEventListener('abort', onAbort);
        clearTimeout(timer);
        if (cut) return;
        if (become && !become.ready) return resolve({ kind: 'lost', cause: late ?? become.error() });
        resolve(code === null ? { kind: 'killed', signal: signal ?? 'unknown' } : { kind: 'exited', code });
      });
      if (!become) send();
    });
  }

  forward(address: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, address, () => {
        socket.off('error', reject);
        resolve(socket);
      });
      socket.once('error', reject);
    });
  }

  async close(): Promise<void> {}
}
