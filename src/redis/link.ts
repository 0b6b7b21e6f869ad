import { createClient, ErrorReply } from '@redis/client';
import { ANSWER_TIMEOUT_MS, AnswerTimer } from './answer-timer.js';
import type { RedisEndpoint } from './endpoint.js';
import { RedisReplyError, StoreUnavailableError } from './errors.js';

/** For the connection, TLS and the login together. */
const OPEN_TIMEOUT_MS = 1_000;
/** For the answers to the commands that were sent, when a link is closed. */
const CLOSE_TIMEOUT_MS = 1_000;

export type Reply = string | number | null | readonly Reply[];

/**
 * One connection to a Redis. It never connects again and never repeats a command: whoever opened it opens another one. A
 * command that fails may have been executed, unless the failure is a RedisReplyError.
 */
export interface Link {
  /**
   * Sends a command at once.
   *
   * @throws RedisReplyError for an answer that is an error, StoreUnavailableError when the connection is lost or there is
   *   no answer within 250 ms
   */
  send(args: readonly string[]): Promise<Reply>;
  /** Waits for the answers to what was sent, for a second at most. */
  close(): Promise<void>;
  /** Fails what has no answer yet. */
  destroy(): void;
}

/**
 * Opens a connection within a second, logged in.
 *
 * @param onLost called once when a connection that was open is lost, but not by `close` or `destroy`
 * @throws the error of the connection or of the login, StoreUnavailableError after a second
 */
export async function openLink(
  { host, port, tls, username, password, database }: RedisEndpoint,
  onLost: (error: unknown) => void = () => {},
): Promise<Link> {
  const client = createClient({
    socket: { host, port, connectTimeout: OPEN_TIMEOUT_MS, reconnectStrategy: false, ...(tls && { tls: true }) },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    // What only RESP3 and newer servers have is not needed: with it, a connection would begin with three more commands.
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
  let isOpen = false;
  const timer = new AnswerTimer();
  client.on('error', (error: unknown) => {
    if (!isOpen) return;
    isOpen = false;
    timer.stop();
    onLost(error);
  });

  function destroy(): void {
    isOpen = false;
    timer.stop();
    if (client.isOpen) client.destroy();
  }

  await within(OPEN_TIMEOUT_MS, client.connect(), destroy);
  isOpen = true;
  return {
    send(args) {
      return new Promise((resolve, reject) => {
        const answered = timer.start(() =>
          reject(new StoreUnavailableError(`did not answer within ${ANSWER_TIMEOUT_MS} ms`)),
        );
        client.sendCommand<Reply>([...args]).then(
          (reply) => {
            answered();
            resolve(reply);
          },
          (error: unknown) => {
            answered();
            reject(
              error instanceof ErrorReply
                ? new RedisReplyError(error.message)
                : new StoreUnavailableError('closed the connection'),
            );
          },
        );
      });
    },
    async close() {
      isOpen = false;
      if (client.isOpen) await within(CLOSE_TIMEOUT_MS, client.close(), destroy).catch(() => {});
      timer.stop();
    },
    destroy,
  };
}

/** @throws StoreUnavailableError when the work is not done in time; it is given up then */
async function within(ms: number, work: Promise<unknown>, giveUp: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailableError(`did not answer within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, timeout]);
  } catch (error) {
    giveUp();
    work.catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
