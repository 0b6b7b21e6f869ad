import { ConfigError, formatDiagnostic } from '../config/diagnostics.js';
import { loadConfig } from '../config/load.js';
import { configWarnings } from '../config/warnings.js';
import { systemDeps } from '../deps.js';
import type { Command } from './command.js';

export const checkCommand: Command = {
  help: `Usage: delegation-gateway check [--config gateway.yaml]

Says everything that is wrong with a configuration, each fault with its line and path, and exits with 1;
or what the configuration amounts to, and exits with 0. Nothing listens, and no address is asked.
A certificate that ends within 30 days is a warning, and so is a placeholder that import-auth0 left.

  --config FILE   the configuration (default: gateway.yaml)
`,
  options: { config: { type: 'string', short: 'c' } },
  async run(values) {
    const path = typeof values.config === 'string' ? values.config : 'gateway.yaml';
    try {
      const deps = systemDeps();
      const config = loadConfig(path);
      for (const warning of configWarnings(config, deps.now())) {
        process.stderr.write(`${path}: warning: ${formatDiagnostic(warning)}\n`);
      }
      const clients = config.tenants.reduce((sum, tenant) => sum + tenant.clients.size, 0);
      process.stdout.write(`${path}: no faults; tenants: ${config.tenants.length}, clients: ${clients}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(formatDiagnostics(path, error));
      return 1;
    }
  },
};

/** Every fault on a line of its own, behind the name of the file. */
export function formatDiagnostics(path: string, { diagnostics }: ConfigError): string {
  const count = `${diagnostics.length} fault${diagnostics.length === 1 ? '' : 's'}`;
  return `${path}: ${count}\n${diagnostics.map((each) => `  ${formatDiagnostic(each)}\n`).join('')}`;
}
