import { describe, expect, it } from 'vitest';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { baseConfig, type ConfigDocument, testGateway } from '../support/gateway.js';

const ID_TOKEN_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/id_token';
const REFRESH_TOKEN_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/refresh_token';

const NOT_ALLOWED = {
  status: 200,
  code: 'UNAUTHORIZED_CLIENT',
  message: 'The calling application is not among the allowed_clients of the target',
};
const NO_GRANT = {
  status: 200,
  code: 'UNAUTHORIZED_CLIENT',
  message: 'The grant_types of the calling application lack the delegation grant for id_token',
};
const NO_TARGET = { status: 200, code: 'INVALID_TARGET', message: 'target names no application of this tenant' };

/** Edits one client of the tenant. */
function client(config: ConfigDocument, id: string, change: Record<string, unknown>): void {
  const found = config.tenants[0]?.clients.find(({ client_id }) => client_id === id);
  Object.assign(found as object, change);
}

/** Delegates as `web`. Returns the api type and the audience of the credential, or the refusal. */
async function attempt(change: (config: ConfigDocument) => void, input: Record<string, unknown>) {
  const gateway = await testGateway(change);
  const answer = await gateway.delegate(input, { token: await gateway.idToken() });
  const credential = answer.data?.delegate?.credential;
  return credential ? `${credential.apiType} ${credential.audience ?? ''}`.trim() : readRefusal(answer);
}

describe('delegation.enabled of a tenant', () => {
  it('refuses every delegation unless it is true', async () => {
    const closed = { status: 200, code: 'DELEGATION_DISABLED', message: 'This tenant has not enabled delegation' };
    const withoutSection = (config: ConfigDocument) => {
      delete (config.tenants[0] as Partial<ConfigDocument['tenants'][number]>).delegation;
    };
    expect(await attempt(withoutSection, { target: 'api' })).toEqual(closed);
    const disabled = (config: ConfigDocument) => {
      config.tenants[0]!.delegation.enabled = false;
    };
    expect(await attempt(disabled, { target: 'api' })).toEqual(closed);
    expect(await attempt(() => {}, { target: 'api' })).toBe('APP api');
  });
});

describe('allowed_clients', () => {
  it.each([
    ['it lists the caller', ['web'], 'APP api'],
    ['it contains "*"', ['*'], 'APP api'],
    ['it is empty', [], NOT_ALLOWED],
    ['it lists only another client', ['chat'], NOT_ALLOWED],
  ])('decides about the caller when %s', async (_when, allowed_clients, outcome) => {
    expect(await attempt((config) => client(config, 'api', { allowed_clients }), { target: 'api' })).toEqual(outcome);
  });

  it('allows no other client when it is absent', async () => {
    expect(await attempt(() => {}, { target: 'private' })).toEqual(NOT_ALLOWED);
  });

  it('does not apply when an application delegates to itself', async () => {
    expect(await attempt((config) => client(config, 'web', { allowed_clients: ['chat'] }), { target: 'web' })).toBe(
      'APP web',
    );
  });

  it('is read from the target, not from the caller', async () => {
    expect(await attempt((config) => client(config, 'web', { allowed_clients: ['*'] }), { target: 'private' })).toEqual(
      NOT_ALLOWED,
    );
  });

  it('compares whole client ids, case-sensitively', async () => {
    const gateway = await testGateway((config) => {
      config.tenants[0]!.clients.push({ client_id: 'WEB', name: 'Another' }, { client_id: 'we', name: 'Another' });
      client(config, 'api', { allowed_clients: ['WEB', 'we'] });
    });
    const answer = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
    expect(readRefusal(answer)).toEqual(NOT_ALLOWED);
  });
});

describe('grant_types of the caller', () => {
  it.each([
    ['contain the grant', [ID_TOKEN_GRANT, 'authorization_code'], 'APP api'],
    ['lack it', ['authorization_code'], NO_GRANT],
    ['are an empty list', [], NO_GRANT],
    ['contain only the grant for refresh tokens', [REFRESH_TOKEN_GRANT], NO_GRANT],
  ])('decide about the caller when they %s', async (_when, grant_types, outcome) => {
    expect(await attempt((config) => client(config, 'web', { grant_types }), { target: 'api' })).toEqual(outcome);
  });

  it('are not read from the target', async () => {
    const none = (config: ConfigDocument) => client(config, 'api', { grant_types: [] });
    expect(await attempt(none, { target: 'api' })).toBe('APP api');
  });
});

describe('the target', () => {
  it.each(['nope', '', 'API', 'api ', '__proto__', 'constructor'])(
    'is refused when it is not an application of the tenant: %j',
    async (target) => {
      expect(await attempt(() => {}, { target })).toEqual(NO_TARGET);
    },
  );

  it('is looked up in the tenant of the host, as the caller is', async () => {
    const gateway = await testGateway((config) => {
      const [other] = baseConfig().tenants;
      config.tenants.push({
        ...other!,
        name: 'globex',
        issuer: 'https://globex.example.com/',
        hosts: ['globex.test'],
        clients: [
          { client_id: 'web', name: 'Web of Globex' },
          { client_id: 'ledger', name: 'Ledger', allowed_clients: ['*'] },
        ],
      } as ConfigDocument['tenants'][number]);
    });
    const token = await gateway.idToken();
    const globex = { token, headers: { host: 'globex.test' } };
    expect(readRefusal(await gateway.delegate({ target: 'ledger' }, { token }))).toEqual(NO_TARGET);
    expect(readRefusal(await gateway.delegate({ target: 'api' }, globex))).toEqual(NO_TARGET);
    expect(readJwt(readToken(await gateway.delegate({ target: 'ledger' }, globex))).payload.iss).toBe(
      'https://globex.example.com/',
    );
    const fromChat = { ...globex, token: await gateway.idToken({ aud: 'chat' }) };
    expect(readRefusal(await gateway.delegate({ clientId: 'chat', target: 'ledger' }, fromChat))).toEqual({
      status: 200,
      code: 'UNAUTHORIZED_CLIENT',
      message: 'clientId names no application of this tenant',
    });
  });
});

describe('defaults of a request', () => {
  it('the target is the calling application', async () => {
    expect(await attempt(() => {}, {})).toBe('APP web');
    expect(await attempt(() => {}, { target: null, apiType: null, scope: null })).toBe('APP web');
  });

  it('apiType is the only add-on of the target, otherwise APP', async () => {
    expect(await attempt(() => {}, { target: 'chat' })).toBe('FIREBASE');
    expect(await attempt(() => {}, { target: 'chat', apiType: 'APP' })).toBe('APP chat');
    expect(await attempt(() => {}, { target: 'api' })).toBe('APP api');
    const own = (config: ConfigDocument) =>
      client(config, 'web', { addons: { firebase: { secret: 'a-firebase-secret-of-the-second-sdk' } } });
    expect(await attempt(own, {})).toBe('FIREBASE');
  });

  it('scope is openid, which copies no claims', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken({ name: 'Alice', email: 'alice@example.com' });
    const { payload } = readJwt(readToken(await gateway.delegate({ target: 'api' }, { token })));
    expect(Object.keys(payload).sort()).toEqual([
      ...['act', 'aud', 'azp', 'chain_exp', 'chain_iat', 'exp', 'iat', 'idp', 'iss', 'jti', 'sub'],
    ]);
  });
});

describe('an add-on that the target is not configured for', () => {
  it('is refused with its name in the message', async () => {
    expect(await attempt(() => {}, { target: 'api', apiType: 'FIREBASE' })).toEqual({
      status: 200,
      code: 'ADDON_NOT_CONFIGURED',
      message: 'The target is not configured for apiType FIREBASE',
    });
  });

  it('is APP when the tenant has no signing key', async () => {
    const keyless = (config: ConfigDocument) => {
      delete (config.tenants[0] as Partial<ConfigDocument['tenants'][number]>).signing_key;
    };
    expect(await attempt(keyless, { target: 'web' })).toEqual({
      status: 200,
      code: 'ADDON_NOT_CONFIGURED',
      message: 'The target is not configured for apiType APP',
    });
  });
});

describe('the order of the checks', () => {
  const code = async (change: (config: ConfigDocument) => void, input: Record<string, unknown>, token?: string) => {
    const gateway = await testGateway(change);
    const refusal = readRefusal(await gateway.delegate(input, { token: token ?? (await gateway.idToken()) }));
    return typeof refusal === 'string' ? refusal : refusal.code;
  };
  const closed = (config: ConfigDocument) => {
    config.tenants[0]!.delegation.enabled = false;
  };
  const noGrant = (config: ConfigDocument) => client(config, 'web', { grant_types: [] });

  it('is tenant, client, token, grant, target, allowed_clients, add-on, scope', async () => {
    const wrong = { target: 'nope', apiType: 'FIREBASE', scope: ['"'] };
    expect(await code(closed, { ...wrong, clientId: 'nobody' }, 'no token')).toBe('DELEGATION_DISABLED');
    expect(await code(noGrant, { ...wrong, clientId: 'nobody' }, 'no-token')).toBe('UNAUTHORIZED_CLIENT');
    expect(await code(noGrant, { ...wrong, clientId: 'web' }, 'no-token')).toBe('INVALID_TOKEN');
    expect(await code(noGrant, wrong)).toBe('UNAUTHORIZED_CLIENT');
    expect(await code(() => {}, wrong)).toBe('INVALID_TARGET');
    expect(await code(() => {}, { ...wrong, target: 'private' })).toBe('UNAUTHORIZED_CLIENT');
    expect(await code(() => {}, { ...wrong, target: 'api' })).toBe('ADDON_NOT_CONFIGURED');
    expect(await code(() => {}, { ...wrong, target: 'chat' })).toBe('INVALID_SCOPE');
  });

  it('takes a request from the bucket for an unknown or forbidden target, and none for a forged token', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const remaining = async (input: Record<string, unknown>, used = token) =>
      (await gateway.delegate(input, { token: used })).errors?.[0].extensions.rateLimit?.remaining;
    expect(await remaining({ target: 'nope' })).toBe(9);
    expect(await remaining({ target: 'private' })).toBe(8);
    expect(await remaining({ target: 'api', apiType: 'FIREBASE' })).toBe(7);
    expect(await remaining({ target: 'api' }, `${token.slice(0, -4)}AAAA`)).toBeUndefined();
    expect(await remaining({ target: 'nope' })).toBe(6);
  });
});
