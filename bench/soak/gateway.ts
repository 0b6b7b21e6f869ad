import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serveGateway } from '../gateway-config.js';

/** What the gateway's process holds after a garbage collection. */
export interface Sample {
  /** Seconds since the start. */
  readonly seconds: number;
  /** Bytes. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** Timers, sockets and requests that keep the event loop alive. */
  readonly handles: number;
  /** Rejections that nobody handled, since the start. */
  readonly unhandled: number;
}

export interface SoakGateway {
  readonly origin: string;
  measure(): Promise<Omit<Sample, 'seconds'>>;
  reload(): void;
  /** Returns the exit code. */
  stop(): Promise<number | null>;
}

const PROBE = fileURLToPath(new URL('probe.mjs', import.meta.url));

/** Starts the built gateway with the probe. Its log goes to a file. */
export async function startGateway(config: string, logFile: string): Promise<SoakGateway> {
  const child: ChildProcess = spawn(process.execPath, ['--expose-gc', '--import', PROBE, ...serveGateway(config)], {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a'), 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const [line] = await Promise.race([once(lines, 'line'), exited.then(([code]) => fail(`ended with ${code}`))]);
  return {
    origin: new URL(JSON.parse(line).graphql).origin,
    async measure() {
      child.send('measure');
      const [found] = await Promise.race([once(child, 'message'), exited.then(() => fail('has crashed'))]);
      return found;
    },
    reload: () => void child.kill('SIGHUP'),
    async stop() {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}

function fail(reason: string): never {
  throw new Error(`The gateway ${reason}; its log says why`);
}
