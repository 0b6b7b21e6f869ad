import { initGraphQLTada, type VariablesOf } from 'gql.tada';
import { ClientError, GraphQLClient } from 'graphql-request';
import type { introspection } from './graphql-env.d.ts';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; EpochSeconds: number };
}>();

const Delegate = graphql(`
  mutation Delegate($input: DelegateInput!) {
    delegate(input: $input) {
      credential { token tokenType expiresAt }
      viewer { id rateLimit { remaining resetAt } }
    }
  }
`);

const Remaining = graphql(`
  query Remaining { viewer { id rateLimit { remaining resetAt } } }
`);

type DelegateInput = VariablesOf<typeof Delegate>['input'];

export function createGatewayClient(url: string, idToken: string) {
  const client = new GraphQLClient(url, { headers: { Authorization: `Bearer ${idToken}` } });

  async function delegate(input: DelegateInput) {
    try {
      return (await client.request(Delegate, { input })).delegate!;
    } catch (error) {
      const retryAfter = error instanceof ClientError ? readRetryAfter(error.response.errors) : undefined;
      if (retryAfter === undefined) throw error;
      await wait(retryAfter);
      return delegate(input);
    }
  }

  return {
    async callApi(api: string, input: DelegateInput): Promise<Response> {
      const { token, tokenType } = (await delegate(input)).credential;
      return fetch(api, { headers: { Authorization: `${tokenType} ${token}` } });
    },

    async readRemaining(): Promise<number> {
      const { viewer } = await client.request(Remaining);
      return viewer!.rateLimit.remaining;
    },
  };
}
