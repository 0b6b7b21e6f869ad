import { createClient, ErrorReply } from '@redis/client';
import { ANSWER_TIMEOUT_MS, AnswerTimer } from './answer-timer.js';
import type { RedisEndpoint } from './endpoint.js';
import { RedisReplyError, StoreUnavailableError } from './errors.js';

/** For the connection, TLS and the login together. */
const OPEN_TIMEOUT_MS = 1_000;
/** For the answers to the commands that were sent, when a link is closed. */
const CLOSE_TIMEOUT_MS = 1_000;
/**
 * The most bytes without an answer: what a socket takes at once. More would wait in the process, and the time of a command
 * would begin before it is sent.
 */
const WINDOW_BYTES = 16 * 1024;
/** What the protocol adds to an argument, at most. */
const BYTES_PER_ARGUMENT = 16;

export type Reply = string | number | null | readonly Reply[];

interface Command {
  readonly args: readonly string[];
  readonly bytes: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: RedisReplyError | StoreUnavailableError) => void;
}

/**
 * One connection to a Redis. It never connects again and never repeats a command: whoever opened it opens another one. A
 * command that fails may have been executed, unless the failure is a RedisReplyError.
 */
export class Link {
  readonly #client: ReturnType<typeof createLinkClient>;
  readonly #timer = new AnswerTimer();
  /** Commands that wait for answers to those before them. */
  #queue: Command[] = [];
  #bytesUnanswered = 0;
  #onLost: ((error: unknown) => void) | undefined;

  private constructor(endpoint: RedisEndpoint) {
    this.#client = createLinkClient(endpoint);
    this.#client.on('error', (error: unknown) => {
      this.#failQueue('closed the connection');
      this.#onLost?.(error);
      this.#onLost = undefined;
    });
  }

  /**
   * Opens a connection within a second, logged in.
   *
   * @param onLost called once when the open connection is lost, but not by `close` or `destroy`
   * @throws the error of the connection or of the login, StoreUnavailableError after a second
   */
  static async open(endpoint: RedisEndpoint, onLost: (error: unknown) => void = () => {}): Promise<Link> {
    const link = new Link(endpoint);
    await within(OPEN_TIMEOUT_MS, link.#client.connect(), () => link.destroy());
    link.#onLost = onLost;
    return link;
  }

  /**
   * Sends a command, at once or after the answers to those before it.
   *
   * @throws RedisReplyError for an answer that is an error; StoreUnavailableError when the connection is lost, when there is
   *   no answer within 250 ms after it was sent, or when another command has none before it was sent
   */
  send(args: readonly string[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const bytes = args.reduce((sum, arg) => sum + arg.length + BYTES_PER_ARGUMENT, 0);
      this.#queue.push({ args, bytes, resolve, reject });
      this.#sendQueued();
    });
  }

  /** Sends a command that waits for no answer to another one. @throws as `send` */
  probe(args: readonly string[]): Promise<Reply> {
    return new Promise((resolve, reject) => this.#sendNow({ args, bytes: 0, resolve, reject }));
  }

  /** Waits for the answers to what was sent, for a second at most. */
  async close(): Promise<void> {
    this.#onLost = undefined;
    if (this.#client.isOpen) {
      await within(CLOSE_TIMEOUT_MS, this.#client.close(), () => this.destroy()).catch(() => {});
    }
    this.#timer.stop();
  }

  /** Fails what has no answer yet. */
  destroy(): void {
    this.#onLost = undefined;
    this.#failQueue('closed the connection');
    if (this.#client.isOpen) this.#client.destroy();
    this.#timer.stop();
  }

  #sendQueued(): void {
    for (;;) {
      const [next] = this.#queue;
      if (!next || (this.#bytesUnanswered > 0 && this.#bytesUnanswered + next.bytes > WINDOW_BYTES)) return;
      this.#queue.shift();
      this.#sendNow(next);
    }
  }

  #sendNow({ args, bytes, resolve, reject }: Command): void {
    this.#bytesUnanswered += bytes;
    const answered = this.#timer.start(() => {
      const failure = `did not answer within ${ANSWER_TIMEOUT_MS} ms`;
      this.#failQueue(failure);
      reject(new StoreUnavailableError(failure));
    });
    const settle = () => {
      answered();
      this.#bytesUnanswered -= bytes;
      this.#sendQueued();
    };
    this.#client.sendCommand<Reply>([...args]).then(
      (reply) => {
        resolve(reply);
        settle();
      },
      (error: unknown) => {
        reject(
          error instanceof ErrorReply
            ? new RedisReplyError(error.message)
            : new StoreUnavailableError('closed the connection'),
        );
        settle();
      },
    );
  }

  #failQueue(failure: string): void {
    for (const { reject } of this.#queue.splice(0)) reject(new StoreUnavailableError(failure));
  }
}

function createLinkClient({ host, port, tls, username, password, database }: RedisEndpoint) {
  return createClient({
    socket: { host, port, connectTimeout: OPEN_TIMEOUT_MS, reconnectStrategy: false, ...(tls && { tls: true }) },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    // RESP3, and what newer servers have, would begin each connection with more commands, and none of it is needed.
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
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
