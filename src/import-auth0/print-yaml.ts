import { Document, isMap, isSeq, type Node, visit, type YAMLMap } from 'yaml';
import type { ImportedClient } from './convert-client.js';
import type { SecretReference } from './secret-references.js';

/** What the importer knows, ready to be written down. */
export interface ImportedGateway {
  readonly tenant: Readonly<Record<string, unknown>>;
  readonly clients: readonly ImportedClient[];
  readonly secrets: readonly SecretReference[];
  /** Fields of the tenant and of its issuer that stand for something that the export does not hold, and what that is. */
  readonly placeholders: ReadonlyMap<string, string>;
}

const HEAD = ` gateway.yaml, imported from Auth0. Next: put right what says PLACEHOLDER, set the secrets that are listed at
 the end, and run: delegation-gateway check --config gateway.yaml`;

/** Writes gateway.yaml with its comments. No secret can be in it: the clients hold references only. */
export function printYaml({ tenant, clients, secrets, placeholders }: ImportedGateway): string {
  const document = new Document({
    tenants: [{ ...tenant, clients: clients.map(({ fields }) => withoutEmpty(fields)) }],
  });
  document.commentBefore = HEAD;
  document.comment = secretList(secrets);
  visit(document, {
    Map(_key, node) {
      const [pair] = node.items;
      if (node.items.length === 1 && String(pair?.key) === 'env') node.flow = true;
    },
    Seq(_key, node) {
      if (!node.items.some(isMap)) node.flow = true;
    },
  });
  for (const [path, comment] of placeholders) {
    const node = document.getIn(['tenants', 0, ...path.split('.').map(index)], true) as Node;
    node.comment = ` PLACEHOLDER: ${comment}`;
  }
  const written = document.getIn(['tenants', 0, 'clients']);
  for (const [position, node] of (isSeq(written) ? written.items : []).entries()) {
    if (position > 0) (node as Node).spaceBefore = true;
    if (!clients[position]?.openToAll) continue;
    const open = (node as YAMLMap).get('allowed_clients', true) as Node;
    open.comment = ' empty in Auth0, where that means every application; better to name those that need it';
  }
  return document.toString({ lineWidth: 0 });
}

function index(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step;
}

function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => !(['addons', 'jwt_configuration'].includes(name) && isEmpty(value)),
    ),
  );
}

function secretList(secrets: readonly SecretReference[]): string {
  const width = Math.max(...secrets.map(({ env }) => env.length));
  const lines = secrets.map(
    ({ env, what, hint }) => `   ${env.padEnd(width)}  ${what}${hint === undefined ? '' : ` (${hint})`}`,
  );
  return [
    ' Secrets: set these environment variables before check and serve. Their values are in the export unless it',
    ' says otherwise; a PEM text may keep its line breaks, CRLF or \\n. A secret may also be { file: path }.',
    ...lines,
  ].join('\n');
}
