import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pages, ROOT } from './support/documentation.js';

const FOLDER = `${ROOT}examples/clients/`;

/** What a reader writes: neither what is generated, nor the configuration of the package and of its compiler. */
const FILES = readdirSync(FOLDER).filter(
  (name) =>
    /\.(?:ts|graphql|json)$/.test(name) && !/^(?:generated|graphql-env\.d|package|package-lock|tsconfig)\./.test(name),
);

describe('docs/clients.md', () => {
  it.each(FILES)('shows examples/clients/%s as it is', (name) => {
    const blocks = pages.find(({ path }) => path === 'docs/clients.md')?.blocks ?? [];
    expect(blocks.map(({ text }) => text)).toContain(readFileSync(FOLDER + name, 'utf8'));
  });

  it.each(['apollo.mjs', 'hive.mjs'])('shows examples/supergraph/%s as it is', (name) => {
    const blocks = pages.find(({ path }) => path === 'docs/clients.md')?.blocks ?? [];
    expect(blocks.map(({ text }) => text)).toContain(readFileSync(`${ROOT}examples/supergraph/${name}`, 'utf8'));
  });

  it('shows the six clients', () => {
    expect(FILES).toEqual(
      expect.arrayContaining(['fetch.ts', 'graphql-request.ts', 'apollo.ts', 'urql.ts', 'relay.ts', 'gql-tada.ts']),
    );
  });
});
