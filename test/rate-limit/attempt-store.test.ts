import { describe, expect, it } from 'vitest';
import { AttemptStore, attemptKey } from '../../src/rate-limit/attempt-store.js';

const CLOCK = Date.now;
const identity = (ip: number) => ({ contextIdentity: `ip ${ip}` });

describe('the key of a log', () => {
  it('is another one for every pair of a tenant and an address', () => {
    const texts = ['acme', '192.0.2.1', 'acme","192.0.2.1', '","', '', '"', '\\', 'acme\\', ','];
    const pairs = texts.flatMap((tenant) => texts.map((ip) => attemptKey(tenant, ip)));
    expect(new Set(pairs).size).toBe(texts.length ** 2);
  });
});

describe('the log of attempts', () => {
  it('is empty for an address that is not known', () => {
    expect(new AttemptStore(CLOCK).getForIdentity(identity(1))).toEqual([]);
  });

  it('keeps the most recent addresses, and no more than fit', () => {
    const store = new AttemptStore(CLOCK, 100);
    for (let ip = 0; ip < 1_000; ip++) {
      store.setForIdentity(identity(ip), [ip]);
      // The first address keeps trying, and so it is not forgotten.
      store.setForIdentity(identity(0), [...store.getForIdentity(identity(0)).slice(-4), ip]);
    }
    expect(store.size).toBe(100);
    expect(store.getForIdentity(identity(0))).toEqual([995, 996, 997, 998, 999]);
    expect(store.getForIdentity(identity(999))).toEqual([999]);
    expect(store.getForIdentity(identity(1))).toEqual([]);
  });

  it('bounds the attempts of all addresses together', () => {
    const store = new AttemptStore(CLOCK, 100);
    for (let ip = 0; ip < 100; ip++) store.setForIdentity(identity(ip), Array(120).fill(ip));
    const kept = Array.from({ length: 100 }, (_, ip) => store.getForIdentity(identity(ip)).length);
    const attempts = kept.reduce((sum, length) => sum + length, 0);
    expect(attempts).toBe(120 * Math.floor(1_700 / 121));
    expect(kept.at(-1)).toBe(120);
  });

  it('takes an attempt at the same cost with 100,000 addresses as with 1,000', () => {
    const nsPerWrite = (addresses: number) => {
      const store = new AttemptStore(CLOCK);
      const round = () => {
        for (let ip = 0; ip < addresses; ip++) {
          store.setForIdentity(identity(ip), [...store.getForIdentity(identity(ip)), ip]);
        }
      };
      round();
      const rounds = 100_000 / addresses;
      const before = process.cpuUsage();
      for (let count = 0; count < rounds; count++) round();
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / (addresses * rounds);
    };
    nsPerWrite(1_000);
    const [few, many] = [nsPerWrite(1_000), nsPerWrite(100_000)];
    console.log(
      `ns an attempt: ${few.toFixed(0)} with 1,000 addresses, ${many.toFixed(0)} with 100,000 (${(many / few).toFixed(1)}×)`,
    );
    // A store that copies itself at each write would be a hundred times slower.
    expect(many / few).toBeLessThan(30);
  });
});
