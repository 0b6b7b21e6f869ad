import type { Deps } from '../deps.js';
import { type RunningServer, type ServedGateway, type ServeOptions, serve } from '../server.js';
import { UsageError } from './command.js';

/**
 * Starts the server and describes why it cannot listen.
 *
 * @param setting what chooses the port
 * @throws UsageError when the address is not available
 */
export async function listen(
  gateway: ServedGateway,
  options: ServeOptions,
  setting = '--port',
): Promise<RunningServer> {
  try {
    return await serve(gateway, options);
  } catch (error) {
    const describe = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (!describe) throw error;
    throw new UsageError(`Cannot listen on ${options.host}:${options.port}: ${describe(setting)}.`);
  }
}

const REASONS: Readonly<Record<string, (setting: string) => string>> = {
  EADDRINUSE: (setting) => `the port is in use; choose another with ${setting}, or ${setting} 0 for any free port`,
  EACCES: (setting) => `this user is not allowed to use the port; choose one above 1023 with ${setting}`,
  EADDRNOTAVAIL: () => 'this machine does not have the address',
  ENOTFOUND: () => 'the host name is not known',
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
  /** Where metrics are on. */
  readonly metrics?: string;
}

export function buildAddresses(url: string): Addresses {
  return { graphql: `${url}/graphql`, legacy: `${url}/delegation`, jwks: `${url}/.well-known/jwks.json` };
}

/**
 * Says that the gateway is ready, and where.
 *
 * @param metrics the URL of the metrics; undefined where they are off
 */
export function announce(
  { url, metrics }: { readonly url: string; readonly metrics?: string | undefined },
  known: object,
  { printsAddresses }: { readonly printsAddresses: boolean },
  { log }: Pick<Deps, 'log'>,
): void {
  const addresses: Addresses = { ...buildAddresses(url), ...(metrics !== undefined && { metrics }) };
  if (printsAddresses) process.stdout.write(`${JSON.stringify(addresses)}\n`);
  log.info({ ...addresses, ...known }, 'listening');
}
