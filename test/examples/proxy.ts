import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { configFolder } from '../support/config-folder.js';
import { ROOT } from '../support/documentation.js';
import { freePort } from '../support/free-port.js';
import { poll } from '../support/poll.js';
import { selfSigned } from '../support/upstream.js';

/** How a proxy of `examples/` is started, and what of its file has to be another one on this machine. */
export interface ProxyProgram {
  readonly name: string;
  readonly debianPackage: string;
  readonly file: string;
  /** `listen.drain_seconds` of the gateways behind it. */
  readonly drainSeconds: number;
  /** Pairs of a text of the file and what replaces it. */
  replacements(folder: string, port: number): readonly (readonly [string, string])[];
  checkArgs(folder: string): readonly string[];
  runArgs(folder: string): readonly string[];
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read as a client reads it
  readonly body: any;
}

export interface RunningProxy {
  readonly url: string;
  /** For a client that trusts its certificate. */
  readonly tls: { readonly ca: string; readonly servername: string };
  /** The exit code of the proxy's own check of its file, with what it printed. */
  check(): string;
  /** Sends a request over TLS, from an address of 127.0.0.0/8. */
  send(path: string, options?: SendOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export interface SendOptions {
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Starts a proxy with its file of `examples/` in front of the two ports. */
export async function startProxy(program: ProxyProgram, ports: readonly [number, number]): Promise<RunningProxy> {
  const [port, { key, cert }] = [await freePort(), selfSigned('delegation.example.com')];
  const folder = configFolder({ 'tls/tls.key': key, 'tls/tls.crt': cert });
  const file = program.file.replace(/.*\//, '');
  const replacements = [
    ['gateway-1:4000', `127.0.0.1:${ports[0]}`],
    ['gateway-2:4000', `127.0.0.1:${ports[1]}`],
    ...program.replacements(folder.path, port),
  ] as const;
  folder.write(
    file,
    replacements.reduce(
      (config, [found, replacement]) => {
        if (!config.includes(found)) throw new Error(`${program.file} lacks "${found}"`);
        return config.replace(found, replacement);
      },
      readFileSync(`${ROOT}${program.file}`, 'utf8'),
    ),
  );
  mkdirSync(`${folder.path}/temp`);
  const options = { cwd: folder.path, env: { PATH: process.env.PATH, HOME: folder.path } };
  const child = spawn(program.name, program.runArgs(folder.path), { ...options, stdio: 'ignore' });

  async function send(path: string, { from = '127.0.0.1', headers = {}, body }: SendOptions = {}): Promise<Answer> {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      localAddress: from,
      servername: 'delegation.example.com',
      ca: cert,
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers: { Host: 'delegation.example.com', 'Content-Type': 'application/json', ...headers },
    });
    outgoing.end(body);
    const [incoming] = await once(outgoing, 'response');
    const received = await text(incoming);
    const isJson = String(incoming.headers['content-type']).includes('json');
    return {
      status: incoming.statusCode,
      headers: incoming.headers,
      body: isJson ? JSON.parse(received) : received,
    };
  }

  await poll(`${program.name} passes a request on`, async () => (await send('/livez')).status === 200, {
    timeoutMs: 30_000,
  });
  return {
    url: `https://127.0.0.1:${port}`,
    tls: { ca: cert, servername: 'delegation.example.com' },
    check() {
      const { status, stdout, stderr } = spawnSync(program.name, program.checkArgs(folder.path), {
        ...options,
        encoding: 'utf8',
      });
      return `${status} ${stdout}${stderr}`;
    },
    send,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
