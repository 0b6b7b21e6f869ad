import { atTheEnd } from './at-the-end.js';
import { type RunningCommand, startCommand } from './command-line.js';
import { type ConfigFolder, configFolder } from './config-folder.js';

export interface GatewayProcess {
  readonly command: RunningCommand;
  /** The URL of its GraphQL endpoint. */
  readonly url: string;
  /** Its `gateway.yaml` and `audit.jsonl`. */
  readonly folder: ConfigFolder;
}

/**
 * Serves a configuration in a process of its own, which ends with the test, or with the file outside of a test.
 *
 * @param args further arguments of `serve`
 * @param env beside the environment of the tests
 */
export async function startGatewayProcess(
  config: object,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const folder = configFolder();
  const path = folder.write('gateway.yaml', JSON.stringify({ ...config, audit: { file: 'audit.jsonl' } }));
  const command = startCommand(['serve', '--config', path, '--port', '0', '--json', ...args], { env });
  atTheEnd(async () => {
    command.process.kill('SIGTERM');
    await command.exit;
  });
  return { command, folder, url: JSON.parse(await command.says('\n')).graphql };
}

/** The same where only the URL is of interest. */
export async function startGateway(config: object): Promise<string> {
  return (await startGatewayProcess(config)).url;
}
