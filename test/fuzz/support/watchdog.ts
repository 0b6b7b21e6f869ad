import { Worker } from 'node:worker_threads';

/** Seconds after which a case counts as endless. A test runner cannot interrupt it: nothing else runs in its thread. */
const LIMIT_SECONDS = 20;

/** Runs beside the cases. Ends the process when a case does not end, and says which one it was. */
const WATCH = `
const { workerData: { cases, label, limit } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let seen = -1;
let seconds = 0;
setInterval(() => {
  const current = Atomics.load(cases, 0);
  seconds = current === seen ? seconds + 1 : 0;
  seen = current;
  if (seconds < limit) return;
  writeSync(2, label + ': the case with FUZZ_PATH=' + (current - 1) + ' does not end\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

export interface Watchdog {
  /** Call it at the start of each case. */
  next(): void;
  stop(): Promise<void>;
}

/** @param label the name and the seed of the target */
export function startWatchdog(label: string): Watchdog {
  const cases = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WATCH, { eval: true, workerData: { cases, label, limit: LIMIT_SECONDS } });
  worker.unref();
  return {
    next: () => void Atomics.add(cases, 0, 1),
    async stop() {
      await worker.terminate();
    },
  };
}
