// Exchanges an ID token for a credential, using only fetch.
//
//   node examples/delegate.mjs http://127.0.0.1:4000/graphql chat FIREBASE < id-token.txt

const [endpoint = 'http://127.0.0.1:4000/graphql', target, apiType] = process.argv.slice(2);

let idToken = '';
for await (const chunk of process.stdin) idToken += chunk;

const query = /* GraphQL */ `
  mutation Delegate($input: DelegateInput!) {
    delegate(input: $input) {
      credential {
        __typename
        token
        tokenType
        expiresAt
      }
      rateLimit {
        remaining
        resetAt
      }
    }
  }
`;

const response = await fetch(endpoint, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${idToken.trim()}` },
  body: JSON.stringify({ query, variables: { input: { target, apiType } } }),
});
const { data, errors } = await response.json();

if (errors) {
  const { code, retryAfter } = errors[0].extensions;
  console.error(`${code}: ${errors[0].message}`);
  if (retryAfter) console.error(`Try again in ${retryAfter} s.`);
  process.exitCode = 1;
} else {
  console.log(JSON.stringify(data.delegate, null, 2));
}
