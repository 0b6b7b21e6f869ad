/**
 * A command that Redis did not execute, or that it may have executed without an answer. The message continues "Redis …"
 * and names neither an address nor a key.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** An answer of Redis that is an error, such as NOSCRIPT or MOVED: the command was not executed. */
export class RedisReplyError extends Error {
  override readonly name = 'RedisReplyError';
  /** The word in front, such as READONLY. */
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.code = /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
  }
}

/** Describes why a connection failed or was refused, to follow "Redis": only codes, never a host, a user or a key. */
export function describeFailure(error: unknown): string {
  if (error instanceof StoreUnavailableError) return error.message;
  if (error instanceof RedisReplyError) return `refused a command (${error.code})`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z_\d]{1,64}$/.test(code)) return `cannot be reached (${code})`;
  if (error instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM|LOADING|ERR)\b/.test(error.message)) {
    return `refused the login (${error.message.split(' ', 1)[0]})`;
  }
  return 'cannot be reached, or closed the connection';
}
