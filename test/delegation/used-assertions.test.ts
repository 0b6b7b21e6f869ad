import { describe, expect, it } from 'vitest';
import { UsedAssertions } from '../../src/delegation/used-assertions.js';

const NOW = 1_767_225_600;
const MAX_LIVE = 10_000;

/** A memory in which one client has as many live assertions as it may have. */
function fullMemory() {
  const used = new UsedAssertions();
  for (let count = 0; count < MAX_LIVE; count++) {
    expect(used.use(['acme', 'busy'], `jti-${count}`, NOW + 60 + (count % 600), NOW)).toBe('first');
  }
  return used;
}

describe('the memory of used assertions', () => {
  it('refuses a further one rather than forget a live one, for the client that has too many', () => {
    const used = fullMemory();
    expect(used.use(['acme', 'busy'], 'one-more', NOW + 60, NOW)).toBe('full');
    expect(used.use(['acme', 'busy'], 'jti-0', NOW + 60, NOW)).toBe('replayed');
    expect(used.use(['acme', 'calm'], 'jti-0', NOW + 60, NOW)).toBe('first');
    expect(used.use(['other', 'busy'], 'jti-0', NOW + 60, NOW)).toBe('first');
  });

  it('has room again when some have expired', () => {
    const used = fullMemory();
    const later = NOW + 180;
    expect(used.use(['acme', 'busy'], 'one-more', later + 60, later)).toBe('first');
    expect(used.use(['acme', 'busy'], 'jti-599', NOW + 659, later)).toBe('replayed');
  });

  it.each([60, 61, 119, 119.5, 120, 3_610])('remembers one until %s s have passed', (seconds) => {
    const used = new UsedAssertions();
    const until = NOW + seconds;
    const use = (nowSeconds: number) => used.use(['acme', 'backend'], 'one', until, nowSeconds);
    expect(use(NOW)).toBe('first');
    expect(use(Math.ceil(until) - 1)).toBe('replayed');
    expect(use(Math.ceil(until) + 60)).toBe('first');
  });

  it('cannot confuse two clients whose names join to the same text', () => {
    const used = new UsedAssertions();
    expect(used.use(['a', 'b","c'], 'one', NOW + 60, NOW)).toBe('first');
    expect(used.use(['a","b', 'c'], 'one', NOW + 60, NOW)).toBe('first');
  });
});
