import { createDocumentEndpoint } from './documents.js';

/** `GET /`: a sentence that says where things are. Its links are relative, so that they hold below a base path with a slash at its end. */
export const indexEndpoint = createDocumentEndpoint({
  contentType: 'text/html; charset=utf-8',
  render: ({ samlMetadata }) => `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Delegation Gateway</title>
<p>This is a Delegation Gateway: ${formatList([
    'send the GraphQL mutation <code>delegate</code> to <a href="graphql">/graphql</a>, where a browser finds GraphiQL if it is on',
    'clients of Auth0 post to <a href="delegation">/delegation</a>',
    'the keys that verify its tokens are at <a href=".well-known/jwks.json">/.well-known/jwks.json</a>',
    ...(samlMetadata === undefined ? [] : ['its SAML metadata is at <a href="saml/metadata">/saml/metadata</a>']),
    'its health is at <a href="livez">/livez</a> and <a href="readyz">/readyz</a>',
  ])}.</p>
`,
});

function formatList(parts: readonly string[]): string {
  return `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`;
}
