import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { DelegateDocument, type DelegateInput, RemainingDocument } from './generated.js';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

export function createGatewayClient(uri: string, idToken: string) {
  const client = new ApolloClient({
    link: new HttpLink({ uri, headers: { Authorization: `Bearer ${idToken}` } }),
    cache: new InMemoryCache(),
  });

  async function delegate(input: DelegateInput) {
    try {
      const { data } = await client.mutate({ mutation: DelegateDocument, variables: { input } });
      return data!.delegate!;
    } catch (error) {
      // In Apollo Client 3 the class is ApolloError, and its errors are `error.graphQLErrors`.
      const retryAfter = CombinedGraphQLErrors.is(error) ? readRetryAfter(error.errors) : undefined;
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

    /** Shows what is left: now, and after each delegation, which updates the viewer in the cache. */
    watchRemaining(show: (remaining: number) => void): void {
      client.watchQuery({ query: RemainingDocument }).subscribe(({ data, dataState }) => {
        if (dataState === 'complete' && data.viewer) show(data.viewer.rateLimit.remaining);
      });
    },
  };
}
