import { ClientError, GraphQLClient } from 'graphql-request';
import { DelegateDocument, type DelegateInput, RemainingDocument } from './generated.js';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

export function createGatewayClient(url: string, idToken: string) {
  const client = new GraphQLClient(url, { headers: { Authorization: `Bearer ${idToken}` } });

  async function delegate(input: DelegateInput) {
    try {
      return (await client.request(DelegateDocument, { input })).delegate!;
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
      const { viewer } = await client.request(RemainingDocument);
      return viewer!.rateLimit.remaining;
    },
  };
}
