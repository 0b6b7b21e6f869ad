import { createSign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { nextRsaPair } from './keys.js';
import { secrets } from './secrets.js';

export interface Upstream {
  /** Its origin on 127.0.0.1. */
  readonly url: string;
  /** The bodies of the requests that came, in their order. */
  readonly bodies: string[];
  /** How many connections it was ever offered. */
  connections(): number;
  /** How many of them have ended. */
  ended(): number;
  /** Resolves as soon as the condition holds; asked whenever a request comes or a connection ends. */
  until(condition: () => boolean): Promise<void>;
}

/** A real HTTP server that ends with the test; `answer` is called when a body is read, which some never are. */
export async function upstream(
  answer: RequestListener,
  options: { readonly tls?: { readonly key: string; readonly cert: string } } = {},
): Promise<Upstream> {
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let connections = 0;
  const changed = () => {
    for (const check of waiting) check();
  };
  const listener: RequestListener = async (request, response) => {
    try {
      const body = await text(request);
      bodies.push(body);
      keepSentUpstream(body);
    } catch {
      return;
    }
    answer(request, response);
    changed();
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    connections: () => connections,
    ended: () => connections - sockets.size,
    until: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** What the gateway vouches with is a secret wherever it shows up again. */
function keepSentUpstream(body: string): void {
  const form = new URLSearchParams(body);
  for (const name of ['assertion', 'SAMLAssertion']) {
    const assertion = form.get(name);
    if (assertion !== null) secrets.keep('an assertion for an upstream', assertion);
  }
}

/** A key and a certificate that nobody but itself vouches for (RFC 5280 §4.1), good for 2025 to 2049 by default. */
export function selfSigned(
  commonName = '127.0.0.1',
  { from = '250101000000Z', to = '491231235959Z' } = {},
): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey, pem } = nextRsaPair();
  const sha256WithRsa = der(0x30, Buffer.from('06092a864886f70d01010b0500', 'hex'));
  const cn = der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(commonName)));
  const name = der(0x30, der(0x31, cn));
  const validity = der(0x30, der(0x17, Buffer.from(from)), der(0x17, Buffer.from(to)));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const version3 = der(0xa0, der(0x02, Buffer.from([2])));
  const tbs = der(0x30, version3, der(0x02, Buffer.from([1])), sha256WithRsa, name, validity, name, spki);
  const signature = createSign('sha256').update(tbs).sign(privateKey);
  const certificate = der(0x30, tbs, sha256WithRsa, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: pem,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** One value in DER: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
