import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { buildGeneratedFiles, schemaCommand } from '../../src/cli/schema.js';
import { printSubgraphSchema } from '../../src/endpoints/graphql/schema/schema.js';
import { captureOutput } from '../support/captured-output.js';

it('prints the schema, also as a subgraph, writes the generated files, and names each that is out of date', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'));
  const before = process.cwd();
  process.chdir(folder);
  const output = captureOutput();
  onTestFinished(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
  const run = async (values: Record<string, boolean>) => {
    Object.assign(output, { stdout: '', stderr: '' });
    return { code: await schemaCommand.run(values, []), ...output };
  };
  const stale = (name: string) => `${name} is out of date; run: npm run schema -- --write\n`;

  expect(await run({})).toEqual({ code: 0, stdout: buildGeneratedFiles()['schema.graphql'], stderr: '' });
  expect(await run({ federation: true })).toEqual({ code: 0, stdout: printSubgraphSchema(ADDONS), stderr: '' });
  expect(await run({ check: true })).toEqual({
    code: 1,
    stdout: '',
    stderr: stale('schema.graphql') + stale('gateway.schema.json') + stale('docs/configuration.md'),
  });
  expect((await run({ write: true })).code).toBe(0);
  for (const [name, text] of Object.entries(buildGeneratedFiles())) expect(readFileSync(name, 'utf8')).toBe(text);
  expect(await run({ check: true })).toEqual({
    code: 0,
    stdout: 'schema.graphql, gateway.schema.json, docs/configuration.md: up to date\n',
    stderr: '',
  });
  writeFileSync('schema.graphql', 'type Query { a: Int }\n');
  expect(await run({ check: true })).toEqual({ code: 1, stdout: '', stderr: stale('schema.graphql') });
});
