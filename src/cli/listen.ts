import type { Deps } from '../deps.js';
import type { Gateway } from '../gateway.js';
import { type RunningServer, type ServeOptions, serve } from '../server.js';
import { UsageError } from './command.js';

/**
 * Starts the server and describes why it cannot listen.
 *
 * @throws UsageError when the address is not available
 */
export async function listen(gateway: Gateway, options: ServeOptions): Promise<RunningServer> {
  try {
    return await serve(gateway, options);
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (!reason) throw error;
    throw new UsageError(`Cannot listen on ${options.host}:${options.port}: ${reason}.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; choose another with --port, or --port 0 for any free port',
  EACCES: 'this user is not allowed to use the port; choose one above 1023 with --port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name is not known',
};

/** Resolves at the first SIGINT or SIGTERM; a second one exits at once. */
export function waitForStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}

/** The URLs of a running gateway. */
export interface Addresses {
  readonly graphql: string;
  readonly legacy: string;
  readonly jwks: string;
}

export function buildAddresses(url: string): Addresses {
  return { graphql: `${url}/graphql`, legacy: `${url}/delegation`, jwks: `${url}/.well-known/jwks.json` };
}

/** Says that the gateway is ready, and where. */
export function announce(
  url: string,
  known: object,
  { printsAddresses }: { readonly printsAddresses: boolean },
  { log }: Pick<Deps, 'log'>,
): void {
  const addresses = buildAddresses(url);
  if (printsAddresses) process.stdout.write(`${JSON.stringify(addresses)}\n`);
  log.info({ ...addresses, ...known }, 'listening');
}
