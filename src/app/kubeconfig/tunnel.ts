import { createServer } from 'node:net';
import type { Host, Inventory } from '../../inventory/model/model.js';
import type { ConnectionOptions } from '../connect/options.js';
import { withOpenSsh } from '../ssh/ssh.js';

export interface Tunnel {
  readonly inventory: Inventory;
  readonly connection: ConnectionOptions;
  /** Whom the tunnel goes through. */
  readonly host: Host;
  /** Where it ends, as seen from there. */
  readonly to: { readonly address: string; readonly port: number };
}

/** Keeps an SSH tunnel open until it is interrupted. @param opened gets the port on this machine. @returns exit code of ssh. */
export async function openTunnel({ inventory, connection, host, to }: Tunnel, opened: (port: number) => void): Promise<number> {
  const port = await freePort();
  const forward = `127.0.0.1:${port}:${to.address}:${to.port}`;
  const options = ['-N', '-o', 'ExitOnForwardFailure=yes', '-o', 'ServerAliveInterval=15', '-L', forward];
  opened(port);
  return await withOpenSsh(inventory, host, connection, options, []);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
