import { describe, expect, it } from 'vitest';
import { BodyTooLargeError, readCapped } from '../../src/lib/read-capped.js';

/** A body in chunks of one byte. */
function bytes(count: number) {
  let sent = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (sent === count) return controller.close();
      sent += 1;
      controller.enqueue(new Uint8Array([0x61]));
    },
  });
  return { body, sent: () => sent };
}

describe('readCapped', () => {
  it('reads a thousand chunks', async () => {
    expect(await readCapped({ body: bytes(1_000).body }, 100_000)).toBe('a'.repeat(1_000));
  });

  it('stops at more than a thousand chunks, each of which costs processor time', async () => {
    const { body, sent } = bytes(100_000);
    await expect(readCapped({ body }, 100_000)).rejects.toThrow(new BodyTooLargeError('in more than 1000 chunks'));
    expect(sent()).toBeLessThan(1_010);
  });
});
