import type { GraphiQLOptions as YogaGraphiqlOptions } from 'graphql-yoga';

export interface GraphiqlOptions {
  readonly options: YogaGraphiqlOptions;
  readonly render: (options?: YogaGraphiqlOptions) => string;
}

const EXAMPLE = /* GraphQL */ `# Trade the token of a user for the credential of another service.
# Put the token of the user in the headers tab below, then press Ctrl-Enter.
mutation Delegate {
  delegate(input: {}) {
    credential {
      apiType
      token
      expiresAt
    }
    rateLimit {
      remaining
      resetAt
    }
  }
}
`;

/** GraphiQL from the package, which needs no other address, with something to run in it. It is loaded only where it is on. */
export async function loadGraphiql(
  example: Partial<Pick<YogaGraphiqlOptions, 'defaultQuery' | 'headers'>> = {},
): Promise<GraphiqlOptions> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return {
    render: renderGraphiQL,
    options: {
      title: 'Delegation Gateway',
      defaultQuery: EXAMPLE,
      headers: JSON.stringify({ Authorization: 'Bearer <the token of the user>' }, null, 2),
      defaultEditorToolsVisibility: 'headers',
      ...example,
    },
  };
}
