import { createPrivateKey, createPublicKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { addonGateway, diagnoseAddon } from '../support/addon.js';
import { readRefusal, readToken } from '../support/answers.js';

/** The published key of RFC 7515, appendix A.2, so that this file may contain its signatures. */
const RFC_KEY = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
    d: 'Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ',
    p: '4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc',
    q: 'uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc',
    dp: 'BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0',
    dq: 'h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU',
    qi: 'IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U',
  },
});

const PROVIDER = {
  providerId: 'layer:///providers/ebe40df2',
  keyId: 'layer:///keys/4d3def30',
  privateKey: RFC_KEY.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
/** For the user auth0|alice. */
const ALICE =
  'eyJ0eXAiOiJKV1MiLCJhbGciOiJSUzI1NiIsImN0eSI6ImxheWVyLWVpdDt2PTEiLCJraWQiOiJsYXllcjovLy9rZXlzLzRkM2RlZjMwIn0.eyJpc3MiOiJsYXllcjovLy9wcm92aWRlcnMvZWJlNDBkZjIiLCJwcm4iOiJhdXRoMHxhbGljZSIsImlhdCI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjI1OTAwLCJuY2UiOiJub25jZS1mcm9tLWxheWVyIn0.LW8p87CtCbSiSwCtR_EWSxFy68Ty78Cm4yVovkAtpEzkrzk7WW-QObI2OYyIptLCaLCYDS5f5jx7PFz9eO-cXFn6Ai8QOd8-hpw02Uabnx6P4wi-DcOn2LUkTenmLPGJUTT6YpKKxWABsdwkCXpXBMGcLH8M5TQ9fdIv7zH_x3aCz7--IYNSQENIAe0VB04FzhF9GdWj83gmqq3Nif054Ct67Vhl3jm6zK-24E10wLm6_Wn-6HtG-HqHBD0XYrnPoVGNWqITq6TAXbabdLnGy_bLO0V8xecb_3-dxJgJ-0fGWFkQeRm8NvKYDAhgyS7atFcl8oK_WaeGGYsNRva44Q';

async function issue(
  layerInput: Record<string, unknown> | undefined,
  config: Record<string, unknown> = {},
  claims: Record<string, unknown> = {},
) {
  const gateway = await addonGateway('layer', { ...PROVIDER, ...config });
  return { gateway, answer: await gateway.issue('', { claims, input: layerInput ? { layer: layerInput } : {} }) };
}

describe('a Layer identity token', () => {
  // Signed with `openssl dgst -sha256 -sign`; header and claims are those of Layer's guide.
  it('has the same bytes as one signed by OpenSSL', async () => {
    const { answer } = await issue({ nonce: 'nonce-from-layer' });
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'LayerIdentityToken',
      token: ALICE,
      tokenType: 'Bearer',
      apiType: 'LAYER',
      expiresAt: '2026-01-01T00:05:00.000Z',
      expiresIn: 300,
    });
  });

  it('verifies with jsonwebtoken, for the configured claim and minutes', async () => {
    const { gateway, answer } = await issue(
      { nonce: 'n' },
      { principal: 'email', expiration: 60 },
      { email: 'a@b.c', email_verified: true },
    );
    const verified = jwt.verify(readToken(answer), createPublicKey(RFC_KEY), {
      algorithms: ['RS256'],
      issuer: PROVIDER.providerId,
      clockTimestamp: gateway.clock.seconds(),
      complete: true,
    });
    expect(verified.header).toEqual({ typ: 'JWS', alg: 'RS256', cty: 'layer-eit;v=1', kid: PROVIDER.keyId });
    const iat = gateway.clock.seconds();
    expect(verified.payload).toEqual({ iss: PROVIDER.providerId, prn: 'a@b.c', iat, exp: iat + 3600, nce: 'n' });
  });

  it.each([
    ['without input', undefined, 'layer.nonce is required'],
    ['with an empty nonce', { nonce: '' }, 'layer.nonce is required'],
    [
      'with a nonce that is too long',
      { nonce: 'n'.repeat(1025) },
      'layer.nonce must have at most 1024 characters and no lone surrogates',
    ],
    [
      'with a nonce that has a lone surrogate',
      { nonce: '\ud800' },
      'layer.nonce must have at most 1024 characters and no lone surrogates',
    ],
  ])('is refused %s', async (_what, input, message) => {
    expect(readRefusal((await issue(input)).answer)).toEqual({ status: 200, code: 'INVALID_REQUEST', message });
  });

  it.each([
    ['without a nonce', {}, 'Field "nonce" of required type "String!" was not provided.'],
    ['with a null nonce', { nonce: null }, 'Expected non-nullable type "String!" not to be null.'],
  ])('is refused by the schema %s', async (_what, input, message) => {
    const refusal = readRefusal((await issue(input)).answer);
    expect(refusal).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(refusal).toHaveProperty('message', expect.stringContaining(message));
  });

  it('accepts a nonce of the maximum length', async () => {
    const nonce = 'n'.repeat(1024);
    expect(jwt.decode(readToken((await issue({ nonce })).answer))).toMatchObject({ nce: nonce });
  });

  it('is refused when the configured claim is missing', async () => {
    expect(readRefusal((await issue({ nonce: 'n' }, { principal: 'nick' })).answer)).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: 'The claim "nick" must be a non-empty string without lone surrogates',
    });
  });

  it('is the id_token of the legacy body for the parameter `nonce`', async () => {
    const { gateway } = await issue({ nonce: 'n' });
    const { status, body } = await gateway.issueLegacy({ api_type: 'layer', nonce: 'nonce-from-layer' });
    expect(status).toBe(200);
    expect(body).toEqual({ id_token: ALICE, token_type: 'Bearer', expires_in: 300 });
    expect(await gateway.issueLegacy({ api_type: 'layer' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'layer.nonce is required' },
    });
  });

  it.each([
    [{ providerId: undefined }, 'providerId: missing; expected a string'],
    [{ keyId: '' }, 'keyId: an empty string; expected a string of at least 1 character'],
    [{ privateKey: 'no key' }, 'privateKey: a string; expected an unencrypted RSA private key in PEM form'],
    [{ principal: 7 }, 'principal: a number; expected a string'],
    [{ expiration: -1 }, 'expiration: a number; expected a number of at least 0'],
  ])('has a configuration schema that refuses %j', (change, fault) => {
    expect(diagnoseAddon('layer', { ...PROVIDER, ...change })).toEqual([fault]);
  });
});
