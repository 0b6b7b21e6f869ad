import { formatDiagnostic } from '../config/diagnostics.js';
import { type GatewayConfig, loadConfig } from '../config/load.js';
import { configWarnings } from '../config/warnings.js';
import { systemDeps } from '../deps.js';
import type { Command } from './command.js';
import { formatSummary } from './summary.js';

/** Between two lines that say how far it is. */
const PROGRESS_MS = 3_000;

export const checkCommand: Command = {
  help: `Usage: delegation-gateway check [gateway.yaml] [--summary] [--online] [--all]

Reports every error in a configuration, with its line and path, and exits with 1; or says that it is valid
and exits with 0. It does not listen and, without --online, sends no request. It warns, without changing the
exit code, of what is valid and probably not intended: proxies that are everybody, "*" on a client with
add-ons, delegation that is off, a missing signing key, an unreplaced \${VARIABLE}, several add-ons
without a default, a certificate that expires within 30 days, a placeholder that import-auth0 left.

  --config FILE   the configuration, which can also be the argument (default: gateway.yaml)
  --summary       also print who may delegate to what: 50 targets, or with --all every one
  --online        also print the summary, and ask the services that a valid configuration names: fetch each
                  JWKS and the metadata of issuers, send an empty request to token endpoints, and connect to the
                  endpoints of add-ons. Prints keys, certificate dates and clock differences. Sends no secret.
                  Exits with 1 when the gateway could not use one of them
  --all           leave nothing out of the summary
`,
  takesConfig: true,
  options: {
    config: { type: 'string', short: 'c' },
    summary: { type: 'boolean' },
    online: { type: 'boolean' },
    all: { type: 'boolean' },
  },
  async run({ config: file, summary, online, all }) {
    const path = typeof file === 'string' ? file : 'gateway.yaml';
    const config = loadConfig(path);
    for (const warning of configWarnings(config, Date.now())) {
      process.stderr.write(`${path}: warning: ${formatDiagnostic(warning)}\n`);
    }
    const clients = config.tenants.reduce((sum, tenant) => sum + tenant.clients.size, 0);
    process.stdout.write(`${path}: valid; tenants: ${config.tenants.length}, clients: ${clients}\n`);
    if (summary || online || all) process.stdout.write(`\n${formatSummary(config.tenants, { all: all === true })}`);
    return online ? checkOnline(path, config) : 0;
  },
};

/** Prints what the services are to standard output, and warnings and errors to standard error. */
async function checkOnline(path: string, config: GatewayConfig): Promise<number> {
  const { askServices } = await import('../online-check/ask-services.js');
  const progress = { done: 0, total: 0 };
  const timer = setInterval(() => {
    process.stderr.write(`${path}: ${progress.done} of ${progress.total} services asked\n`);
  }, PROGRESS_MS);
  const findings = await askServices(config, systemDeps(), progress).finally(() => clearInterval(timer));
  const found = findings.filter(({ level }) => level === 'found');
  process.stdout.write(`\n${found.map(({ text }) => `${text}\n`).join('')}`);
  for (const { level, path: at, text } of findings) {
    if (level === 'found') continue;
    process.stderr.write(`${path}: ${level}: ${formatDiagnostic({ path: at, message: text })}\n`);
  }
  return findings.some(({ level }) => level === 'error') ? 1 : 0;
}
