import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { DAY_MS, formatDate, NOTICE_DAYS } from '../config/warnings.js';

const TIMEOUT_MS = 5_000;

/** What a connection to an origin shows. `failure` says why the gateway cannot use it. */
export interface Connection {
  readonly description: string;
  readonly warning?: string;
  readonly failure?: string;
}

/**
 * Connects to an origin, over TLS where it is https, and sends nothing. Reads the certificate also when it is not
 * accepted, to say why.
 *
 * @param nowMs epoch milliseconds
 */
export function connect(origin: string, nowMs: number): Promise<Connection> {
  const { protocol, hostname, port } = new URL(origin);
  const isSecure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const address = { host, port: Number(port || (isSecure ? 443 : 80)) };
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve) => {
    const socket = isSecure
      ? connectTls({ ...address, ...servername, rejectUnauthorized: false })
      : connectTcp(address);
    const end = (connection: Connection) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(connection);
    };
    const fail = (reason: string) => end({ description: '', failure: `cannot be connected to (${reason})` });
    const timer = setTimeout(() => fail(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'failed'));
    socket.once(isSecure ? 'secureConnect' : 'connect', () =>
      end('getPeerCertificate' in socket ? readCertificate(socket, nowMs) : { description: 'can be connected to' }),
    );
  });
}

function readCertificate(socket: TLSSocket, nowMs: number): Connection {
  const endMs = Date.parse(socket.getPeerCertificate().valid_to);
  const end = formatDate(endMs);
  const description = `its TLS certificate is valid until ${end} (${socket.getProtocol()})`;
  if (endMs < nowMs) return { description, failure: `its TLS certificate expired on ${end}` };
  if (!socket.authorized) {
    return { description, failure: `its TLS certificate is not accepted (${String(socket.authorizationError)})` };
  }
  const days = Math.floor((endMs - nowMs) / DAY_MS);
  return {
    description,
    ...(days < NOTICE_DAYS && { warning: `its TLS certificate expires on ${end}, in ${days} days` }),
  };
}
