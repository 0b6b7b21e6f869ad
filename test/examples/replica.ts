import { type RunningCommand, startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { freePort } from '../support/free-port.js';

/** A gateway process that can be stopped and started again on its port. */
export interface Replica {
  readonly port: number;
  /** The audit events of its present life. */
  audits(): readonly { readonly ip: string }[];
  start(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

export async function startReplica(config: object): Promise<Replica> {
  const port = await freePort();
  const file = configFolder().write('gateway.yaml', JSON.stringify(config));
  let command: RunningCommand;

  async function start(): Promise<void> {
    command = startCommand(['serve', '--config', file, '--port', String(port), '--json']);
    await command.says('\n');
  }

  async function stop(): Promise<void> {
    command.process.kill('SIGTERM');
    await command.exit;
  }

  await start();
  return {
    port,
    audits: () =>
      command.output.stderr
        .split('\n')
        .filter((line) => line.startsWith('{"audit"'))
        .map((line) => JSON.parse(line)),
    start,
    stop,
  };
}
