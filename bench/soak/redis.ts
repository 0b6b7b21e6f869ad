import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface SoakRedis {
  readonly url: string;
  /** Kills it, and starts it again without its data after a while. */
  restart(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a redis-server on a free port, which keeps nothing on disk. */
export async function startRedis(folder: string): Promise<SoakRedis> {
  const port = await findFreePort();
  const start = () =>
    spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''], {
      stdio: 'ignore',
    });
  let child = start();
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart(downMs) {
      await kill();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      child = start();
    },
    stop: kill,
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
