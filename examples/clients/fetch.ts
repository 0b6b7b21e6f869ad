import type { DelegateInput, DelegateMutation, RemainingQuery } from './generated.js';
import { readRetryAfter } from './rate-limited.js';
import { wait } from './wait.js';

const DELEGATE = /* GraphQL */ `mutation Delegate($input: DelegateInput!) {
  delegate(input: $input) {
    credential { token tokenType expiresAt }
    viewer { id rateLimit { remaining resetAt } }
  }
}`;

const REMAINING = /* GraphQL */ `query Remaining { viewer { id rateLimit { remaining resetAt } } }`;

export function createGatewayClient(url: string, idToken: string) {
  async function request<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${idToken}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (!errors) return data;
    const retryAfter = readRetryAfter(errors);
    if (retryAfter === undefined) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
    await wait(retryAfter);
    return request(query, variables);
  }

  return {
    async callApi(api: string, input: DelegateInput): Promise<Response> {
      const { delegate } = await request<DelegateMutation>(DELEGATE, { input });
      const { token, tokenType } = delegate!.credential;
      return fetch(api, { headers: { Authorization: `${tokenType} ${token}` } });
    },

    async readRemaining(): Promise<number> {
      const { viewer } = await request<RemainingQuery>(REMAINING);
      return viewer!.rateLimit.remaining;
    },
  };
}
