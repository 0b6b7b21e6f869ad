import { StoreUnavailableError } from './errors.js';
import type { Reply } from './link.js';

/** Slots that one node takes writes for. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly host: string;
  readonly port: number;
}

/**
 * Reads the reply to CLUSTER SLOTS.
 *
 * @param asked the host that sent it; a node that does not know its own address means that one
 * @throws StoreUnavailableError when the reply has another form
 */
export function parseSlots(reply: Reply, asked: string): SlotRange[] {
  return requireList(reply).map((range) => {
    const [first, last, node] = requireList(range);
    const [host, port] = requireList(node);
    return { first: Number(first), last: Number(last), host: String(host ?? '') || asked, port: Number(port) };
  });
}

function requireList(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw new StoreUnavailableError('gave an answer that CLUSTER SLOTS does not have');
}

/** Where another node sends a command. */
export interface Redirect {
  /** Empty for the host of the node that sent it. */
  readonly host: string;
  readonly port: number;
  /** ASK: for this command only. MOVED: for all commands of the slot. */
  readonly isTemporary: boolean;
}

/** Reads a MOVED or ASK error; undefined for any other error. */
export function parseRedirect(message: string): Redirect | undefined {
  const [, word, host = '', port] = /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(message) ?? [];
  return port === undefined ? undefined : { host, port: Number(port), isTemporary: word === 'ASK' };
}
