import { atTheEnd } from './at-the-end.js';
import { startCommand } from './command-line.js';
import { configFolder } from './config-folder.js';

/**
 * Serves a configuration in a process of its own, which ends with the test, or with the file outside of a test.
 *
 * @returns the URL of its GraphQL endpoint
 */
export async function startGateway(config: object): Promise<string> {
  const { write } = configFolder();
  const files = { config: write('gateway.yaml', JSON.stringify(config)), audit: write('audit.jsonl', '') };
  write('gateway.yaml', JSON.stringify({ ...config, audit: { file: files.audit } }));
  const command = startCommand(['serve', '--config', files.config, '--port', '0', '--json']);
  atTheEnd(async () => {
    command.process.kill('SIGTERM');
    await command.exit;
  });
  return JSON.parse(await command.says('\n')).graphql;
}
