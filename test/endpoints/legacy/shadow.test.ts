import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { APP_SECRET, testGateway } from '../../support/gateway.js';
import { compactToken, signers } from '../../support/identity-provider.js';
import { answerWith, connectionReset, httpServer } from '../../support/jwks-server.js';
import { postForm, postJson } from '../../support/legacy.js';

/** The app token of an old endpoint, with other claims than ours. */
function oldToken(gateway: { clock: { seconds(): number } }, claims: object = {}): string {
  const iat = gateway.clock.seconds();
  const payload = {
    iss: 'https://old.example.com/',
    sub: 'auth0|alice',
    aud: 'api',
    azp: 'web',
    iat,
    exp: iat + 3_600,
    ...claims,
  };
  return compactToken({ alg: 'HS256', typ: 'JWT' }, payload, signers.HS256(APP_SECRET));
}

async function start(answer: 'old' | 'new') {
  const received: URLSearchParams[] = [];
  const old = await httpServer(answerWith({}));
  const gateway = await testGateway(
    ({ tenants: [acme] }) => Object.assign(acme!, { legacy: { shadow: { url: `${old.url}/delegation`, answer } } }),
    { deps: { fetch } },
  );
  /** What the old endpoint answers from now on; it keeps what it gets. */
  const answerOld = (body: unknown, status = 200) => {
    old.answer = async (request, response) => {
      received.push(new URLSearchParams(await text(request)));
      answerWith(body, status)(request, response);
    };
  };
  const shadows = () => gateway.log.audits().filter(({ audit }) => audit === 'shadow');
  const untilShadow = () => expect.poll(shadows, { timeout: 10_000 }).toHaveLength(1);
  return { gateway, old, received, answerOld, shadows, untilShadow, token: await gateway.idToken() };
}

describe('a shadowed POST /delegation', () => {
  it('is answered with the new answer, and its event names where the old one differs, and no value', async () => {
    const { gateway, received, answerOld, shadows, untilShadow, token } = await start('new');
    answerOld({ token_type: 'Bearer', expires_in: 3_600, id_token: oldToken(gateway, { role: 'a-secret-role' }) });
    const { status, body } = await postForm(gateway, { target: 'api', id_token: token });
    expect([status, body.id_token.length > 100]).toEqual([200, true]);
    await untilShadow();
    expect(received.map((form) => [form.get('client_id'), form.get('target'), form.get('id_token') === token])).toEqual(
      [['web', 'api', true]],
    );
    const [event] = shadows();
    expect(event).toMatchObject({
      audit: 'shadow',
      client: 'web',
      target: 'api',
      answered: 'new',
      oldStatus: 200,
      newStatus: 200,
    });
    expect(event!.differences).toContain('id_token.claims.role');
    expect(event!.differences).not.toContain('id_token.claims.iss');
    expect(JSON.stringify(event)).not.toMatch(/a-secret-role|eyJ/);
    expect(gateway.log.audits().filter(({ audit }) => audit === 'sd')).toHaveLength(1);
  });

  it('is answered with the old answer where the configuration says so, also a refusal', async () => {
    const { gateway, answerOld, shadows, token } = await start('old');
    const refusal = { error: 'invalid_request', error_description: 'the old reason' };
    answerOld(refusal, 401);
    const { status, body } = await postJson(gateway, { target: 'api', id_token: token });
    expect([status, body]).toEqual([401, refusal]);
    expect(shadows()).toMatchObject([{ answered: 'old', oldStatus: 401, newStatus: 200 }]);
  });

  it('is answered with the new answer when the old endpoint fails, and the event says why', async () => {
    const { gateway, old, shadows, token } = await start('old');
    old.answer = connectionReset;
    expect((await postForm(gateway, { target: 'api', id_token: token })).status).toBe(200);
    old.answer = answerWith('<html>');
    expect((await postForm(gateway, { target: 'api', id_token: token })).status).toBe(200);
    expect(shadows()).toMatchObject([
      { answered: 'new', problem: 'The old endpoint could not be reached, or broke off its answer', newStatus: 200 },
      { answered: 'new', problem: 'The old endpoint gave an answer that is not JSON', newStatus: 200 },
    ]);
  });

  it('sends no secret of a client', async () => {
    const { gateway, received, answerOld, untilShadow, token } = await start('new');
    answerOld({});
    await postForm(gateway, { target: 'api', id_token: token, client_secret: 'a-secret-of-the-client-0123456789ab' });
    await untilShadow();
    expect([...received[0]!.keys()].sort()).toEqual(['client_id', 'grant_type', 'id_token', 'target']);
  });

  it.each([
    ['old', 1],
    ['new', 0],
  ] as const)('with a refresh token is sent by one side only: answer: %s', async (answer, sent) => {
    const { gateway, received, answerOld, shadows } = await start(answer);
    answerOld({ id_token: 'from the old one' });
    const { body } = await postForm(gateway, { target: 'api', refresh_token: 'v1.refresh-token' });
    expect(received).toHaveLength(sent);
    expect(body.id_token).toBe(answer === 'old' ? 'from the old one' : undefined);
    expect(shadows()).toEqual([]);
  });

  it('that the attempt limit refuses, or that cannot be read, is not sent', async () => {
    const { gateway, received, answerOld, token } = await start('new');
    answerOld({});
    await postForm(gateway, { target: 'api', id_token: token, client_id: '' });
    expect(received).toEqual([]);
  });
});
