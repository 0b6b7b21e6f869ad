import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ADDONS } from '../addons/index.js';
import { createConfigFields } from '../config/fields.js';
import { printReference } from '../config/print-reference.js';
import { gatewayJsonSchema } from '../config/schema.js';
import { printGatewaySchema, printSubgraphSchema } from '../endpoints/graphql/schema/schema.js';
import type { Command } from './command.js';

export const schemaCommand: Command = {
  help: `Usage: delegation-gateway schema [--federation | --write | --check]

Prints the GraphQL schema.

  --federation   print it as a subgraph of Apollo Federation 2
  --write        write schema.graphql, gateway.schema.json and docs/configuration.md to the working folder instead
  --check        exit with 1 when those files are out of date
`,
  options: { federation: { type: 'boolean' }, write: { type: 'boolean' }, check: { type: 'boolean' } },
  async run({ federation, write, check }) {
    if (federation) {
      process.stdout.write(printSubgraphSchema(ADDONS));
      return 0;
    }
    const files = buildGeneratedFiles();
    if (!write && !check) {
      process.stdout.write(files['schema.graphql']);
      return 0;
    }
    let stale = 0;
    for (const [name, text] of Object.entries(files)) {
      if (write) {
        mkdirSync(dirname(name), { recursive: true });
        writeFileSync(name, text);
      } else if (readOrEmpty(name) !== text) {
        process.stderr.write(`${name} is out of date; run: npm run schema -- --write\n`);
        stale++;
      }
    }
    if (stale === 0) process.stdout.write(`${Object.keys(files).join(', ')}: ${write ? 'written' : 'up to date'}\n`);
    return stale === 0 ? 0 : 1;
  },
};

/** Builds the checked-in files that are generated from the code. */
export function buildGeneratedFiles() {
  const fields = createConfigFields(() => '');
  const jsonSchema = gatewayJsonSchema(fields, ADDONS);
  return {
    'schema.graphql': printGatewaySchema(ADDONS),
    'gateway.schema.json': `${JSON.stringify(jsonSchema, null, 2)}\n`,
    'docs/configuration.md': printReference(jsonSchema),
  };
}

function readOrEmpty(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return '';
  }
}
