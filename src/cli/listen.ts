import type { Gateway } from '../gateway.js';
import { type RunningServer, serve } from '../server.js';
import { UsageError } from './command.js';

/**
 * Listens, with what can go wrong in words.
 *
 * @throws UsageError when the address cannot be had
 */
export async function listen(
  gateway: Gateway,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  try {
    return await serve(gateway, address);
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (!reason) throw error;
    throw new UsageError(`Cannot listen on ${address.host}:${address.port}: ${reason}.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; choose another with --port, or --port 0 for any free one',
  EACCES: 'this user may not use the port; choose one above 1023 with --port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name is not known',
};

/** Resolves when the process is asked to end; a second signal ends it at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}

/** The addresses that a running gateway is reached at. */
export interface Addresses {
  readonly graphql: string;
  readonly legacy: string;
  readonly jwks: string;
}

export function addresses(url: string): Addresses {
  return { graphql: `${url}/graphql`, legacy: `${url}/delegation`, jwks: `${url}/.well-known/jwks.json` };
}
