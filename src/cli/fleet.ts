import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Deps } from '../deps.js';
import { answerWorker } from './worker-metrics.js';

/** What the supervisor tells a worker that listens. */
export type ToWorker = 'reload' | 'stop';

/** What a worker tells the supervisor when it listens. */
export interface FromWorker {
  /** `http://host:port` */
  readonly url: string;
  /** Where `/metrics` is; undefined where metrics are off. */
  readonly metricsUrl: string | undefined;
}

/** A worker that ended sooner could not start, so the next one waits as long. */
const START_MS = 2_000;

/** The worker processes of node:cluster. One that ends is replaced. */
export class Fleet {
  readonly #deps: Pick<Deps, 'now' | 'log'>;
  /** The workers that listen. One that does not yet hears no message. */
  readonly #listening = new Set<Worker>();
  #reloads = 0;
  /** From the time when all have started until they are stopped. */
  #replaces = false;

  constructor(deps: Pick<Deps, 'now' | 'log'>) {
    this.#deps = deps;
    // However this process ends, its workers end too.
    process.once('exit', () => this.#kill());
  }

  /**
   * Starts workers: the others after the first one, so that what keeps all of them from starting is said once.
   *
   * @returns their URLs; undefined when one of them did not start
   */
  async start(count: number): Promise<FromWorker | undefined> {
    const first = await this.#fork();
    if (first === undefined) return undefined;
    const others = await Promise.all(Array.from({ length: count - 1 }, () => this.#fork()));
    if (others.includes(undefined)) return undefined;
    this.#replaces = true;
    return first;
  }

  reload(): void {
    this.#reloads++;
    for (const worker of this.#listening) tell(worker, 'reload');
  }

  /** Stops the workers and waits until they have ended. */
  async stop(): Promise<void> {
    this.#replaces = false;
    const workers = readWorkers();
    const ended = workers.map((worker) => once(worker, 'exit'));
    for (const worker of workers) {
      if (this.#listening.has(worker)) tell(worker, 'stop');
      else worker.process.kill('SIGKILL');
    }
    await Promise.all(ended);
  }

  /** Starts a worker. Resolves with its URLs when it listens, or with undefined when it ends before. */
  #fork(): Promise<FromWorker | undefined> {
    const worker = cluster.fork();
    const reloads = this.#reloads;
    const startedMs = this.#deps.now();
    return new Promise((resolve) => {
      worker.once('message', (urls: FromWorker) => {
        this.#listening.add(worker);
        if (reloads !== this.#reloads) tell(worker, 'reload');
        worker.on('message', (message) => void answerWorker(worker, message, this.#listening));
        resolve(urls);
      });
      worker.once('exit', (code, signal) => {
        this.#listening.delete(worker);
        resolve(undefined);
        if (this.#replaces) void this.#replace({ pid: worker.process.pid, code, signal }, startedMs);
      });
    });
  }

  async #replace(ended: object, startedMs: number): Promise<void> {
    this.#deps.log.error(ended, 'a worker has ended; another one takes its place');
    if (this.#deps.now() - startedMs < START_MS) await setTimeout(START_MS);
    if (this.#replaces) await this.#fork();
  }

  #kill(): void {
    for (const worker of readWorkers()) worker.process.kill('SIGKILL');
  }
}

function readWorkers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
