import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type GatewayConfig, loadConfig } from '../config/load.js';
import { createReloader } from '../config/reload.js';
import { UsageError } from './command.js';
import { commandDeps } from './deps.js';
import { reloadOnChange } from './hangup.js';
import { announce, waitForStop } from './listen.js';
import type { ServeCommandOptions } from './start-gateway.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/** A worker that ended sooner was not able to start, so the next one waits as long. */
const START_MS = 2_000;

/**
 * Serves in several processes on one port, and replaces one that ends. Reloads and stops are for all of them. Returns the
 * exit code.
 *
 * @throws ConfigError, and UsageError when each worker would count limits for itself
 */
export async function superviseWorkers(options: ServeCommandOptions, count: number): Promise<number> {
  const deps = await commandDeps();
  const { path } = options;
  let isStopping = false;

  const load = (onRead: (path: string) => void) => {
    const config = loadConfig(path, { onRead });
    requireSharedStore(config, count);
    return config;
  };
  const tellAll = (message: ToWorker) => {
    for (const worker of Object.values(cluster.workers ?? {})) if (worker?.isConnected()) worker.send(message);
  };
  const reloader = createReloader({ path, load, apply: async () => tellAll('reload'), log: deps.log });
  const config = reloader.load();
  const { listen } = config.settings;
  // A worker that starts later, after `listen` was changed, has to listen on the same port.
  const address = ['--host', options.host ?? listen.host, '--port', String(options.port ?? listen.port)];
  cluster.setupPrimary({ args: ['serve', '--config', path, ...address] });
  const stopped = waitForStop();
  // A second signal ends this process at once, and its workers with it.
  process.once('exit', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
  });

  let url = '';
  cluster.on('message', (_, message: FromWorker) => {
    url = message.url;
  });
  const replaceWhenEnded = async (worker: Worker, startedMs = deps.now()): Promise<void> => {
    const [code, signal] = await once(worker, 'exit');
    if (isStopping) return;
    deps.log.error({ pid: worker.process.pid, code, signal }, 'a worker has ended; another one takes its place');
    if (deps.now() - startedMs < START_MS) await setTimeout(START_MS);
    if (!isStopping) void replaceWhenEnded(cluster.fork());
  };

  // The others wait for the first one, so that what keeps them all from starting is said once.
  const first = cluster.fork();
  const others = (await hasStarted(first)) ? Array.from({ length: count - 1 }, () => cluster.fork()) : [];
  const isStarted = others.length > 0 && (await Promise.all(others.map(hasStarted))).every(Boolean);
  if (isStarted) {
    for (const worker of [first, ...others]) void replaceWhenEnded(worker);
    const stopPolling = reloadOnChange(reloader);
    announce(url, { tenants: config.tenants.length, workers: count }, options, deps);
    await stopped;
    stopPolling();
    deps.log.info({}, 'stopping');
  }
  isStopping = true;
  const ended = Object.values(cluster.workers ?? {}).map((worker) => worker && once(worker, 'exit'));
  tellAll('stop');
  await Promise.all(ended);
  return isStarted ? 0 : 1;
}

/** Waits until a worker listens, or has ended after it has said why. */
function hasStarted(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.once('message', () => resolve(true));
    worker.once('exit', () => resolve(false));
  });
}

/** @throws UsageError */
function requireSharedStore({ settings }: GatewayConfig, workers: number): void {
  if (settings.rate_limit.store !== 'memory') return;
  throw new UsageError(
    `rate_limit.store is memory: each of ${workers} workers would count for itself, and a user would have ${workers} times the limit. Configure a Redis, or run one worker.`,
  );
}
