import { describe, expect, it } from 'vitest';
import { readRefusal } from '../../support/answers.js';
import { testGateway } from '../../support/gateway.js';
import { postForm } from '../../support/legacy.js';

describe('input of another add-on', () => {
  it.each([
    ['FIREBASE with aws', { target: 'chat', apiType: 'FIREBASE', aws: { role: 'r' } }, 'aws', 'FIREBASE'],
    ['the default add-on with layer', { target: 'chat', layer: { nonce: 'n' } }, 'layer', 'FIREBASE'],
    ['an app token with an empty sap', { target: 'api', sap: {} }, 'sap', 'APP'],
  ])('is refused at /graphql: %s', async (_name, input, field, apiType) => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    expect(readRefusal(await gateway.delegate(input, { token }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: `${field} is no input of apiType ${apiType}; leave it out`,
    });
    const without = { target: input.target, [field]: null };
    expect(readRefusal(await gateway.delegate(without, { token }))).toBe('it was granted');
  });

  it('is ignored at /delegation', async () => {
    const gateway = await testGateway();
    const form = { target: 'chat', api_type: 'firebase', id_token: await gateway.idToken(), role: 'r', nonce: 'n' };
    expect((await postForm(gateway, form)).status).toBe(200);
  });
});
