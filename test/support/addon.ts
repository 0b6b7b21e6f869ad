import { formatDiagnostic } from '../../src/config/diagnostics.js';
import { validateConfig } from '../../src/config/load.js';
import type { TestClock } from './clock.js';
import { baseConfig, type ConfigDocument, type GraphqlAnswer, type TestGateway, testGateway } from './gateway.js';
import { type LegacyAnswer, postForm } from './legacy.js';

/** The client that has the add-on. */
const TARGET = 'target';

export interface AddonGateway extends TestGateway {
  /**
   * Delegates to the client with the add-on.
   *
   * @param fragment what to select of its own credential type: `... on AzureBlobSas { url }`
   */
  issue(
    fragment: string,
    options?: { readonly input?: Record<string, unknown>; readonly claims?: Record<string, unknown> },
  ): Promise<GraphqlAnswer>;
  /** The same by `POST /delegation`, as a form. */
  issueLegacy(parameters?: Record<string, string>): Promise<LegacyAnswer>;
}

/** A gateway with one more client, `target`, that has one add-on; `client` is what else that client has. */
export async function addonGateway(
  name: string,
  config: unknown,
  { client, clock }: { readonly client?: Record<string, unknown>; readonly clock?: TestClock } = {},
): Promise<AddonGateway> {
  const gateway = await testGateway((document) => addTarget(document, { [name]: config }, client), {
    ...(clock && { clock }),
  });
  return { ...gateway, ...createIssuers(gateway) };
}

/** Delegates to the client `target` of a gateway, at both endpoints. */
export function createIssuers(gateway: TestGateway): Pick<AddonGateway, 'issue' | 'issueLegacy'> {
  return {
    async issue(fragment, { input, claims } = {}) {
      const query = `mutation ($input: DelegateInput!) {
        delegate(input: $input) {
          credential { __typename token tokenType apiType expiresAt expiresIn ${fragment} }
        }
      }`;
      const token = await gateway.idToken({ email_verified: true, ...claims });
      return gateway.graphql(query, { token, variables: { input: { target: TARGET, ...input } } });
    },
    issueLegacy: async (parameters) =>
      postForm(gateway, { id_token: await gateway.idToken(), target: TARGET, ...parameters }),
  };
}

/** The diagnostics of an add-on's configuration, with paths that begin below the add-on. The tenant needs no keys. */
export function diagnoseAddon(name: string, config: unknown): string[] {
  const document = baseConfig() as ConfigDocument;
  addTarget(document, { [name]: config });
  return validateConfig(document).map((each) => formatDiagnostic(each).replace(/^.*\.addons\.\w+\.?/, ''));
}

function addTarget({ tenants }: ConfigDocument, addons: Record<string, unknown>, client?: Record<string, unknown>) {
  const target = { client_id: TARGET, name: 'Target', allowed_clients: ['web'], addons, ...client };
  tenants[0]?.clients.push(target as never);
}
