import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { atTheEnd } from './at-the-end.js';

/** A proxy in front of a port of 127.0.0.1 that hands bytes on late. */
export interface TcpProxy {
  readonly port: number;
  /** Milliseconds that bytes to the server wait. */
  delayMs: number;
}

export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const proxy = { port: 0, delayMs: 0 };
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      socket.on('error', () => {});
    }
    // Every chunk waits, also without a delay, so that none overtakes another one.
    client.on('data', (chunk) => setTimeout(() => upstream.writable && upstream.write(chunk), proxy.delayMs));
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  atTheEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}
