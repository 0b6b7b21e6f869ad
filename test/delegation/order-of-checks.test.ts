import { describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';

/**
 * A request with every error, in the order of the checks. Each case corrects one more error than the case before.
 */
const WRONG = { target: 'unknown', scope: '"', client_id: 'nobody' };

async function codeAt(gateway: TestGateway, parameters: Record<string, string>): Promise<string> {
  const { target, scope, client_id: clientId, id_token: idToken } = parameters;
  const input = {
    ...(clientId !== undefined && { clientId }),
    ...(target !== undefined && { target }),
    ...(scope !== undefined && { scope: [scope] }),
    ...(idToken !== undefined && { subjectToken: { idToken } }),
    apiType: parameters.api_type?.toUpperCase() ?? 'FIREBASE',
  };
  const { errors } = await gateway.delegate(input);
  const graphql = errors?.[0].extensions.code ?? 'issued';
  const { body } = await postForm(gateway, { api_type: 'firebase', ...parameters });
  const [, audited] = gateway.log.audits().slice(-2);
  expect(audited?.code ?? 'issued').toBe(graphql);
  return body.error === undefined ? `${graphql} issued` : `${graphql} ${body.error}`;
}

describe('a request with several errors is refused for the first one, at both endpoints', () => {
  it('in the order: tenant, client, token, limit, target, policy, add-on, scope', async () => {
    const disabled = await testGateway((config) => {
      config.tenants[0]!.delegation.enabled = false;
    });
    expect(await codeAt(disabled, { ...WRONG, id_token: 'bad' })).toBe('DELEGATION_DISABLED unauthorized_client');

    const gateway = await testGateway();
    expect(await codeAt(gateway, { ...WRONG, id_token: 'bad' })).toBe('UNAUTHORIZED_CLIENT unauthorized_client');
    const known = { ...WRONG, client_id: 'web' };
    expect(await codeAt(gateway, { ...known, id_token: 'bad' })).toBe('INVALID_TOKEN invalid_token');
    const verified = { ...known, id_token: await gateway.idToken() };
    expect(await codeAt(gateway, verified)).toBe('INVALID_TARGET invalid_target');
    expect(await codeAt(gateway, { ...verified, target: 'private' })).toBe('UNAUTHORIZED_CLIENT unauthorized_client');
    expect(await codeAt(gateway, { ...verified, target: 'api' })).toBe('ADDON_NOT_CONFIGURED invalid_request');
    expect(await codeAt(gateway, { ...verified, target: 'chat' })).toBe('INVALID_SCOPE invalid_scope');
    expect(await codeAt(gateway, { ...verified, target: 'chat', scope: 'openid' })).toBe('issued issued');
    // The bucket of this user is empty, so the rate limit refuses before the policy is read.
    expect(await codeAt(gateway, verified)).toBe('RATE_LIMITED too_many_requests');
    expect(await codeAt(gateway, { ...known, id_token: 'bad' })).toBe('INVALID_TOKEN invalid_token');
  });

  it('the application is taken from the token only when the request does not name one', async () => {
    const gateway = await testGateway();
    const code = async (input: Record<string, unknown>, aud: string) =>
      (await gateway.delegate(input, { token: await gateway.idToken({ aud }) })).errors?.[0].extensions.code;
    expect(await code({ clientId: 'nobody' }, 'web')).toBe('UNAUTHORIZED_CLIENT');
    expect(await code({}, 'nobody')).toBe('UNAUTHORIZED_CLIENT');
    expect(await code({ clientId: 'web' }, 'nobody')).toBe('INVALID_TOKEN');
    expect(await code({}, 'web')).toBeUndefined();
  });
});
