import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { atTheEnd } from './at-the-end.js';
import { configFolder } from './config-folder.js';
import { freePort } from './free-port.js';
import { describeWith } from './installed-programs.js';
import { poll } from './poll.js';

/** A redis-server, which ends with the test, or with the file outside of a test. It keeps nothing on disk. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** What redis-cli prints for a command. */
  run(...command: readonly string[]): Promise<string>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port, without its data. */
  restart(): Promise<void>;
}

export interface RedisServerOptions {
  /** Arguments of redis-server, such as `--requirepass secret`. */
  readonly args?: readonly string[];
  /** Arguments of redis-cli, such as `--pass secret`. */
  readonly cliArgs?: readonly string[];
  /** A configuration file, for a sentinel, which writes to it. */
  readonly config?: string;
  readonly port?: number;
}

export const describeWithRedis = describeWith('redis-server');

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { args = [], cliArgs = [], config, port = await freePort() } = options;
  const folder = configFolder();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path];
  const file = folder.write('redis.conf', config ?? '');
  let child: ChildProcess;

  async function run(...command: readonly string[]): Promise<string> {
    const cli = ['-h', '127.0.0.1', '-p', String(port), ...cliArgs, ...command];
    const { stdout } = await promisify(execFile)('redis-cli', cli, { timeout: 5_000 });
    return stdout.trimEnd();
  }

  async function start(): Promise<void> {
    const all =
      config === undefined ? [...settings, '--save', '', '--appendonly', 'no', ...args] : [file, ...settings, ...args];
    child = spawn('redis-server', all, { stdio: 'ignore' });
    await poll(`redis-server answers on port ${port}`, async () => (await run('PING')) === 'PONG');
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  await start();
  atTheEnd(kill);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    run,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill,
    restart: start,
  };
}

/** A cluster of three nodes without replicas. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const start = async () => {
    const args = [
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(await freePort()),
      '--cluster-node-timeout',
      '1000',
    ];
    return startRedis({ args });
  };
  const nodes = [await start(), await start(), await start()];
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  await poll('every node knows the whole cluster', async () => {
    const infos = await Promise.all(nodes.map((node) => node.run('CLUSTER', 'INFO')));
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'));
  });
  return nodes;
}
