import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { DelegateDocument, type DelegateInput, RemainingDocument } from './generated.js';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

export function createGatewayClient(url: string, idToken: string) {
  const client = new Client({
    url,
    // These types have no id: they are kept within the object that they belong to.
    exchanges: [cacheExchange({ keys: { RateLimit: () => null } }), fetchExchange],
    fetchOptions: { headers: { Authorization: `Bearer ${idToken}` } },
  });

  async function delegate(input: DelegateInput) {
    const { data, error } = await client.mutation(DelegateDocument, { input });
    if (data?.delegate) return data.delegate;
    const retryAfter = readRetryAfter(error?.graphQLErrors);
    if (retryAfter === undefined) throw error;
    await wait(retryAfter);
    return delegate(input);
  }

  return {
    async callApi(api: string, input: DelegateInput): Promise<Response> {
      const { token, tokenType } = (await delegate(input)).credential;
      return fetch(api, { headers: { Authorization: `${tokenType} ${token}` } });
    },

    /** Shows what is left: now, and after each delegation, which updates the viewer in the cache. */
    watchRemaining(show: (remaining: number) => void): void {
      client.query(RemainingDocument, {}).subscribe(({ data }) => {
        if (data?.viewer) show(data.viewer.rateLimit.remaining);
      });
    },
  };
}
