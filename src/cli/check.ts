import { certificateWarnings } from '../config/certificate-warnings.js';
import { ConfigError, formatFault } from '../config/faults.js';
import { placeholderWarnings } from '../config/placeholder-warnings.js';
import { systemDeps } from '../deps.js';
import type { Command } from './command.js';
import { loadWhole } from './load.js';

export const checkCommand: Command = {
  help: `Usage: delegation-gateway check [--config gateway.yaml]

Reports every error in a configuration, with its line and path, and exits with 1; or prints a summary of
the configuration and exits with 0. It does not listen and sends no request. A certificate that expires
within 30 days causes a warning, and so does a placeholder that import-auth0 left.

  --config FILE   the configuration (default: gateway.yaml)
`,
  options: { config: { type: 'string', short: 'c' } },
  async run(values) {
    const path = typeof values.config === 'string' ? values.config : 'gateway.yaml';
    try {
      const deps = systemDeps();
      const config = loadWhole(path);
      for (const warning of [...certificateWarnings(config, deps.now()), ...placeholderWarnings(config)]) {
        process.stderr.write(`${path}: warning: ${formatFault(warning)}\n`);
      }
      const clients = config.tenants.reduce((sum, tenant) => sum + tenant.clients.length, 0);
      process.stdout.write(`${path}: valid; tenants: ${config.tenants.length}, clients: ${clients}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(reportFaults(path, error));
      return 1;
    }
  },
};

/** Formats the errors of a configuration: the file and their number, then one line each. */
export function reportFaults(path: string, { faults }: ConfigError): string {
  const count = `${faults.length} error${faults.length === 1 ? '' : 's'}`;
  return `${path}: ${count}\n${faults.map((fault) => `  ${formatFault(fault)}\n`).join('')}`;
}
