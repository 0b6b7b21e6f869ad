/** An error in an answer of the gateway, as every client hands it on. */
interface GatewayError {
  readonly extensions?: { readonly code?: unknown; readonly retryAfter?: unknown };
}

/** Reads how many seconds to wait from the errors of an answer; undefined where none of them is RATE_LIMITED. */
export function readRetryAfter(errors: readonly GatewayError[] = []): number | undefined {
  const seconds = errors.find(({ extensions }) => extensions?.code === 'RATE_LIMITED')?.extensions?.retryAfter;
  return typeof seconds === 'number' ? seconds : undefined;
}
