import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLTaggedNode,
  getRequest,
  graphql,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';
import type { DelegateInput, relayDelegateMutation } from './__generated__/relayDelegateMutation.graphql.js';
import type { relayRemainingQuery } from './__generated__/relayRemainingQuery.graphql.js';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

const DELEGATE: GraphQLTaggedNode = graphql`
  mutation relayDelegateMutation($input: DelegateInput!) {
    delegate(input: $input) {
      credential {
        token
        tokenType
        expiresAt
      }
      viewer {
        id
        rateLimit {
          remaining
          resetAt
        }
      }
    }
  }
`;

const REMAINING: GraphQLTaggedNode = graphql`
  query relayRemainingQuery {
    viewer {
      id
      rateLimit {
        remaining
        resetAt
      }
    }
  }
`;

export function createGatewayClient(url: string, idToken: string) {
  const network = Network.create(async ({ text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${idToken}` },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  });
  const environment = new Environment({ network, store: new Store(new RecordSource()) });

  async function delegate(input: DelegateInput): Promise<relayDelegateMutation['response']['delegate'] & {}> {
    const { response, errors } = await new Promise<{
      response: relayDelegateMutation['response'];
      errors: readonly object[] | null | undefined;
    }>((resolve, reject) => {
      commitMutation<relayDelegateMutation>(environment, {
        mutation: DELEGATE,
        variables: { input },
        onCompleted: (response, errors) => resolve({ response, errors }),
        onError: reject,
      });
    });
    if (response.delegate) return response.delegate;
    const retryAfter = readRetryAfter(errors ?? []);
    if (retryAfter === undefined) throw new Error('The delegation was refused', { cause: errors });
    await wait(retryAfter);
    return delegate(input);
  }

  return {
    async callApi(api: string, input: DelegateInput): Promise<Response> {
      const { token, tokenType } = (await delegate(input)).credential;
      return fetch(api, { headers: { Authorization: `${tokenType} ${token}` } });
    },

    /** Shows what is left: now, and after each delegation, which updates the viewer in the store. */
    async watchRemaining(show: (remaining: number) => void): Promise<void> {
      const operation = createOperationDescriptor(getRequest(REMAINING), {});
      environment.retain(operation);
      const { viewer } = (await fetchQuery<relayRemainingQuery>(environment, REMAINING, {}).toPromise()) ?? {};
      if (viewer) show(viewer.rateLimit.remaining);
      environment.subscribe(environment.lookup(operation.fragment), ({ data }) => {
        const { viewer } = data as relayRemainingQuery['response'];
        if (viewer) show(viewer.rateLimit.remaining);
      });
    },
  };
}
