import { parseArgs } from 'node:util';
import { ConfigError, formatDiagnostic, suggest } from '../config/diagnostics.js';
import { LOG_LEVELS, readLogLevel } from '../observability/log-level.js';
import { type Command, UsageError } from './command.js';
import { holdHangups } from './hangup.js';
import { VERSION } from './version.js';

/** Each command is loaded when it is run: `serve` needs neither the importer nor the demo. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => {
    holdHangups();
    return (await import('./serve.js')).serveCommand;
  },
  check: async () => (await import('./check.js')).checkCommand,
  schema: async () => (await import('./schema.js')).schemaCommand,
  demo: async () => (await import('./demo.js')).demoCommand,
  compare: async () => (await import('./compare.js')).compareCommand,
  'import-auth0': async () => (await import('./import-auth0.js')).importAuth0Command,
};

const HELP = `Usage: delegation-gateway <command> [options]

  serve          run the gateway with a configuration
  check          report every error in a configuration
  import-auth0   convert an Auth0 export to a configuration
  compare        compare a token or an answer of the old endpoint with one of the gateway
  schema         print the GraphQL schema
  demo           run with throw-away keys, to try it out

  <command> --help describes a command and its options; --version prints the version.
`;

/** Runs the command line and returns its exit code: 0, 1 when the command fails, 2 when an argument is not valid. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    const nearest = suggest(name, Object.keys(COMMANDS));
    const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
    process.stderr.write(`There is no command "${name}".${hint}\n\n${HELP}`);
    return 2;
  }
  const command = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help);
    return 0;
  }
  return run(command, rest);
}

async function run(command: Command, args: readonly string[]): Promise<number> {
  if (readLogLevel() === undefined) {
    process.stderr.write(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.\n`);
    return 2;
  }
  let parsed: Arguments;
  try {
    parsed = parseArguments(command, args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${command.help}`);
    return 2;
  }
  try {
    return await command.run(parsed.values, parsed.positionals);
  } catch (error) {
    if (error instanceof ConfigError)
      process.stderr.write(formatDiagnostics(String(parsed.values.config ?? 'gateway.yaml'), error));
    else if (error instanceof UsageError) process.stderr.write(`${error.message}\n`);
    else throw error;
    return error instanceof UsageError ? error.exitCode : 1;
  }
}

interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** @throws TypeError for an option or an argument that the command does not take */
function parseArguments({ options, maxPositionals = 0, takesConfig }: Command, args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const given = values as Arguments['values'];
  if (positionals.length > (takesConfig ? 1 : maxPositionals))
    throw new TypeError(`Unexpected argument '${positionals.at(-1)}'`);
  if (!takesConfig || positionals.length === 0) return { values: given, positionals };
  if (given.config !== undefined)
    throw new TypeError('The configuration is given twice: as an argument and by --config');
  return { values: { ...given, config: positionals[0] }, positionals: [] };
}

/** Formats the errors of a configuration: the file and their number, then one line each. */
function formatDiagnostics(path: string, { diagnostics }: ConfigError): string {
  const count = `${diagnostics.length} error${diagnostics.length === 1 ? '' : 's'}`;
  return `${path}: ${count}\n${diagnostics.map((each) => `  ${formatDiagnostic(each)}\n`).join('')}`;
}
