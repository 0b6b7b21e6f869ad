import { Document, isMap, isSeq, type Node, type ScalarTag, visit, type YAMLMap } from 'yaml';
import { escapeInvisible, hasInvisible } from '../lib/invisible-characters.js';
import type { Placeholder } from './general-notes.js';
import type { ImportedClient } from './imported-client.js';
import type { SecretReference } from './secret-references.js';

/** The configuration that the importer built from an export. */
export interface ImportedGateway {
  readonly tenant: Readonly<Record<string, unknown>>;
  readonly clients: readonly ImportedClient[];
  readonly secrets: readonly SecretReference[];
  readonly placeholders: readonly Placeholder[];
}

const HEAD = ` gateway.yaml, imported from Auth0. Next: replace every PLACEHOLDER, set the secrets that are listed at the
 end, and run: delegation-gateway check --config gateway.yaml`;

/**
 * Writes a string that has invisible characters in double quotes and escapes them, so that a reader sees all that it
 * contains. The library would write most of them as they are, and U+202E in a name reverses the text after it.
 */
const ESCAPED_STRING: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string' && hasInvisible(value),
  resolve: (text) => text,
  stringify: ({ value }) => escapeInvisible(JSON.stringify(value)),
};

/** Prints gateway.yaml with its comments. It contains no secret, because the clients hold only references. */
export function printYaml({ tenant, clients, secrets, placeholders }: ImportedGateway): string {
  const document = new Document(
    { tenants: [{ ...tenant, clients: clients.map(({ fields }) => omitEmpty(fields)) }] },
    { customTags: (tags) => [ESCAPED_STRING, ...tags] },
  );
  document.commentBefore = HEAD;
  document.comment = formatSecretList(secrets);
  visit(document, {
    Map(_key, node) {
      const [pair] = node.items;
      if (node.items.length === 1 && String(pair?.key) === 'env') node.flow = true;
    },
    Seq(_key, node) {
      if (!node.items.some(isMap)) node.flow = true;
    },
  });
  for (const { description, paths } of placeholders) {
    for (const path of paths) {
      const node = document.getIn(['tenants', 0, ...path], true) as Node;
      node.comment = ` PLACEHOLDER: ${description}`;
    }
  }
  const clientNodes = document.getIn(['tenants', 0, 'clients']);
  for (const [position, node] of (isSeq(clientNodes) ? clientNodes.items : []).entries()) {
    if (position > 0) (node as Node).spaceBefore = true;
    if (!clients[position]?.openToAll) continue;
    const open = (node as YAMLMap).get('allowed_clients', true) as Node;
    open.comment = ' empty in Auth0, which allows every application; better to list those that need it';
  }
  return document.toString({ lineWidth: 0 });
}

function omitEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => !(['addons', 'jwt_configuration'].includes(name) && isEmpty(value)),
    ),
  );
}

function formatSecretList(secrets: readonly SecretReference[]): string {
  const width = Math.max(...secrets.map(({ env }) => env.length));
  const lines = secrets.map(
    ({ env, description, hint }) => `   ${env.padEnd(width)}  ${description}${hint === undefined ? '' : ` (${hint})`}`,
  );
  return [
    ' Secrets: set these environment variables before check and serve. The export contains their values unless the',
    ' list says otherwise. PEM text may have line feeds, CRLF or \\n. A secret can also be { file: path }.',
    ...lines,
  ].join('\n');
}
