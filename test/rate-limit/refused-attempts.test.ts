import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RefusedAttempts, RefusedAttemptsCollector } from '../../src/rate-limit/refused-attempts.js';
import { testClock } from '../support/clock.js';

const MINUTE = 60_000;

const request = (ip: string, tenant = 'acme') => ({
  code: 'RATE_LIMITED' as const,
  tenant: { name: tenant },
  ip,
  requestId: `request of ${ip}`,
  endpoint: 'graphql',
  message: 'Too many attempts',
});

function collect(now: () => number, capacity?: number) {
  const reported: RefusedAttempts[] = [];
  const report = (refused: RefusedAttempts) => reported.push(refused);
  const collector = new RefusedAttemptsCollector({ now, report, ...(capacity !== undefined && { capacity }) });
  const totals = () => reported.map(({ tenant, ip, attempts }) => [tenant.name, ip, attempts]);
  return { collector, reported, totals };
}

describe('the refused attempts', () => {
  it('are summed up by tenant and address, and no two pairs are confused', () => {
    const { collector, totals } = collect(testClock().now);
    for (const [tenant, ip] of [
      ['acme', '1'],
      ['acme', '2'],
      ['acme","1', '2'],
      ['acme', '1","2'],
      ['acme', '1'],
    ] as const) {
      collector.add(request(ip, tenant), 3);
    }
    collector.close();
    expect(totals()).toEqual([
      ['acme', '1', 6],
      ['acme', '2', 3],
      ['acme","1', '2', 3],
      ['acme', '1","2', 3],
    ]);
  });

  it('of an address begin a new minute after the end of the last one', () => {
    const clock = testClock();
    const { collector, totals } = collect(clock.now);
    collector.add(request('1'), 1);
    clock.advance(MINUTE - 1);
    collector.add(request('1'), 1);
    collector.add(request('2'), 1);
    clock.advance(1);
    collector.add(request('1'), 5);
    expect(totals()).toEqual([['acme', '1', 2]]);
    clock.advance(MINUTE);
    collector.reportEnded();
    expect(totals()).toEqual([
      ['acme', '1', 2],
      ['acme', '2', 1],
      ['acme', '1', 5],
    ]);
  });

  it('of the oldest address are reported early when there are too many addresses, and none is lost', () => {
    const { collector, totals } = collect(testClock().now, 2);
    for (const ip of ['1', '2', '3', '1']) collector.add(request(ip), 1);
    expect(totals()).toEqual([
      ['acme', '1', 1],
      ['acme', '2', 1],
    ]);
    collector.close();
    expect(totals().slice(2)).toEqual([
      ['acme', '3', 1],
      ['acme', '1', 1],
    ]);
  });
});

describe('the timer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reports at the end of the minute although no further request comes', () => {
    const { collector, totals } = collect(Date.now);
    collector.add(request('1'), 1);
    vi.advanceTimersByTime(20_000);
    collector.add(request('2'), 1);
    vi.advanceTimersByTime(MINUTE - 20_001);
    expect(totals()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(totals()).toEqual([['acme', '1', 1]]);
    vi.advanceTimersByTime(20_000);
    expect(totals()).toEqual([
      ['acme', '1', 1],
      ['acme', '2', 1],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits on when the clock went back', () => {
    const { collector, totals } = collect(Date.now);
    collector.add(request('1'), 1);
    vi.setSystemTime(Date.now() - 30_000);
    vi.advanceTimersByTime(MINUTE);
    expect(totals()).toEqual([]);
    vi.advanceTimersByTime(30_000);
    expect(totals()).toEqual([['acme', '1', 1]]);
  });

  it('does not keep the process alive, and is gone after the stop', () => {
    const { collector, totals } = collect(Date.now);
    const started: NodeJS.Timeout[] = [];
    const { setTimeout: start } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((...args) => {
      const timer = start(...args);
      started.push(timer);
      return timer;
    });
    collector.add(request('1'), 1);
    expect(started.map((timer) => timer.hasRef())).toEqual([false]);
    collector.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(totals()).toEqual([['acme', '1', 1]]);
  });
});
