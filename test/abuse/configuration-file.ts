import { parse } from 'yaml';
import { isRecord } from '../../src/lib/json.js';
import { GOOD } from '../config/good-file.js';
import { rsaPair } from '../support/keys.js';

/** Clients with every add-on that has a URL, or a part of one, in its configuration. */
const CLIENTS = {
  aws: {
    role: 'arn:aws:iam::123456789012:role/Reader',
    principal: 'arn:aws:iam::123456789012:saml-provider/acme',
    region: 'eu-central-1',
    sts_endpoint: 'https://sts.example.com/',
  },
  azure_blob: {
    accountName: 'acme',
    storageAccessKey: `${'A'.repeat(86)}==`,
    containerName: 'files',
    container_read: true,
  },
  azure_sb: { namespace: 'acme', sasKeyName: 'send', sasKey: 'a-key-of-service-bus' },
  sap_api: { clientid: 'gateway', servicePassword: 'a-password', tokenEndpointUrl: 'https://sap.example.com/token' },
  salesforce_api: {
    clientid: 'a-key',
    principal: 'user_id',
    communityName: 'acme',
    community_url_section: 'support',
    token_endpoint: 'https://crm.example.com/token',
  },
  salesforce_sandbox_api: { clientid: 'a-key', principal: 'user_id', token_endpoint: 'https://test.example.com/token' },
  layer: { providerId: 'p', keyId: 'k', principal: 'user_id', privateKey: rsaPair('layer').pem },
};

export type Change = readonly [path: string, value: unknown];

/** The valid file as JSON, with a client for each add-on, whose client_id is the name of the add-on. */
export function changed(...changes: readonly Change[]): string {
  const document = parse(GOOD);
  const [tenant] = document.tenants;
  tenant.issuers[0].token_endpoint = 'https://login.example.com/token';
  for (const [name, config] of Object.entries(CLIENTS)) {
    tenant.clients.push({ client_id: name, allowed_clients: ['web'], issuers: [], addons: { [name]: { ...config } } });
  }
  for (const [path, value] of changes) setAt(document, path.split('/'), value);
  return JSON.stringify(document);
}

/** Sets what is at a path. A step that is not a position is a key, or the client_id of an entry. */
function setAt(root: unknown, path: readonly string[], value: unknown): void {
  let parent = root;
  for (const step of path.slice(0, -1)) parent = findStep(parent, step);
  const last = path.at(-1) as string;
  if (!isRecord(parent) && !Array.isArray(parent)) throw new Error(`There is nothing at ${path.join('/')}`);
  // Unlike an assignment, this makes __proto__ a key as any other.
  Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
}

function findStep(parent: unknown, step: string): unknown {
  if (Array.isArray(parent)) return parent[Number(step)] ?? parent.find(({ client_id }) => client_id === step);
  if (!isRecord(parent)) return undefined;
  parent[step] ??= {};
  return parent[step];
}

/** The path of a field of an add-on of the first tenant. */
export function addon(name: string, field: string): string {
  return `tenants/0/clients/${name}/addons/${name}/${field}`;
}

/** The valid file with a text replaced. */
export function edited(find: string, replace: string): string {
  if (!GOOD.includes(find)) throw new Error(`The valid file does not contain ${find}`);
  return GOOD.replace(find, () => replace);
}
