import { certificateWarnings } from '../config/certificate-warnings.js';
import { ConfigError, formatFault } from '../config/faults.js';
import { placeholderWarnings } from '../config/placeholder-warnings.js';
import { systemDeps } from '../deps.js';
import type { Command } from './command.js';
import { loadWhole } from './load.js';

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
      const config = loadWhole(path);
      for (const warning of [...certificateWarnings(config, deps.now()), ...placeholderWarnings(config)]) {
        process.stderr.write(`${path}: warning: ${formatFault(warning)}\n`);
      }
      const clients = config.tenants.reduce((sum, tenant) => sum + tenant.clients.length, 0);
      process.stdout.write(`${path}: no faults; tenants: ${config.tenants.length}, clients: ${clients}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(reportFaults(path, error));
      return 1;
    }
  },
};

/** Every fault on a line of its own, behind the name of the file. */
export function reportFaults(path: string, { faults }: ConfigError): string {
  const count = `${faults.length} fault${faults.length === 1 ? '' : 's'}`;
  return `${path}: ${count}\n${faults.map((fault) => `  ${formatFault(fault)}\n`).join('')}`;
}
