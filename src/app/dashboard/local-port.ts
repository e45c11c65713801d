import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InputError } from '../../base/errors.js';
import { hasCode } from '../../base/io-error.js';

const LOOPBACK = '127.0.0.1';

/** A port that only this machine reaches. */
export class LocalPort {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @param wanted undefined: any that is free. @throws InputError when it is taken, or not allowed. */
  static open(wanted: number | undefined): Promise<LocalPort> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', (cause) => reject(refusal(wanted ?? 0, cause)));
      server.listen(wanted ?? 0, LOOPBACK, () => {
        const address = server.address();
        resolve(new LocalPort(server, typeof address === 'object' && address ? address.port : 0));
      });
    });
  }

  /** Each connection gets a stream of its own. @param failed is told why there is none. */
  forward(connect: () => Promise<Duplex>, failed: (cause: Error) => void): void {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      connect().then(
        (stream) => join(socket, stream),
        (cause: Error) => {
          socket.destroy();
          failed(cause);
        },
      );
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

function join(socket: Socket, stream: Duplex): void {
  if (socket.destroyed) {
    stream.destroy();
    return;
  }
  stream.on('error', () => socket.destroy());
  stream.on('close', () => socket.destroy());
  socket.on('close', () => stream.destroy());
  socket.pipe(stream).pipe(socket);
}

function refusal(port: number, cause: Error): InputError {
  const taken = hasCode(cause, 'EADDRINUSE');
  return new InputError({
    what: taken ? `Port ${port} of this machine is taken` : `Port ${port} of this machine cannot be opened`,
    where: '--port',
    why: taken ? 'Another program listens there' : cause.message,
    fix: 'Choose another one, or leave --port out for any that is free',
    cause,
  });
}
