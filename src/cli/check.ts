import { formatDiagnostic } from '../config/diagnostics.js';
import { loadConfig } from '../config/load.js';
import { configWarnings } from '../config/warnings.js';
import type { Command } from './command.js';

export const checkCommand: Command = {
  help: `Usage: delegation-gateway check [--config gateway.yaml]

Reports every error in a configuration, with its line and path, and exits with 1; or prints a summary of
the configuration and exits with 0. It does not listen and sends no request. It warns, without changing
the exit code, of what is valid and probably not intended: proxies that are everybody, "*" on a client
with add-ons, delegation that is off, a missing signing key, an unreplaced \${VARIABLE}, several add-ons
without a default, a certificate that expires within 30 days, a placeholder that import-auth0 left.

  --config FILE   the configuration (default: gateway.yaml)
`,
  options: { config: { type: 'string', short: 'c' } },
  async run(values) {
    const path = typeof values.config === 'string' ? values.config : 'gateway.yaml';
    const config = loadConfig(path);
    for (const warning of configWarnings(config, Date.now())) {
      process.stderr.write(`${path}: warning: ${formatDiagnostic(warning)}\n`);
    }
    const clients = config.tenants.reduce((sum, tenant) => sum + tenant.clients.size, 0);
    process.stdout.write(`${path}: valid; tenants: ${config.tenants.length}, clients: ${clients}\n`);
    return 0;
  },
};
