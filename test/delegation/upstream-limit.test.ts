import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type ConfigDocument, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';
import { samlTenant } from '../support/saml.js';

const LIMIT = 64;
const ROLE = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};
const TARGETS = [
  ['AWS STS', 'bank', { aws: { ...ROLE, sts_endpoint: 'https://sts.example.com/' } }],
  [
    'SAP',
    'erp',
    { sap_api: { clientid: 'gateway', servicePassword: 'pass', tokenEndpointUrl: 'https://sap.example.com/' } },
  ],
  [
    'Salesforce',
    'crm',
    { salesforce_api: { clientid: 'key', principal: 'user_id', token_endpoint: 'https://crm.example.com/' } },
  ],
] as const;

/** A gateway with a target for each add-on that calls a service. No call is answered until the test answers it. */
async function heldGateway() {
  const answers: ((response: Response) => void)[] = [];
  const fetch = (() => new Promise<Response>((resolve) => answers.push(resolve))) as typeof globalThis.fetch;
  let document!: ConfigDocument;
  const change = (config: ConfigDocument) => {
    document = config;
    samlTenant(config);
    Object.assign(config, { rate_limit: { burst: 1_000, per_user: { burst: 1_000 }, attempts_per_minute: 10_000 } });
    for (const [, client_id, addons] of TARGETS) {
      config.tenants[0]?.clients.push({ client_id, name: client_id, allowed_clients: ['*'], addons } as never);
    }
    config.tenants[0]?.clients.push({ client_id: 'mobile', name: 'Mobile' } as never);
  };
  const gateway = await testGateway(change, { deps: { fetch } });
  /** Begins as many delegations as may be under way, and waits until the service has all of them. */
  const fill = async (target: string, token: string) => {
    const begun = Array.from({ length: LIMIT }, () => gateway.delegate({ target }, { token }));
    while (answers.length < LIMIT) await new Promise(setImmediate);
    return begun;
  };
  const answerAll = () => {
    for (const answer of answers.splice(0)) answer(new Response('', { status: 503 }));
  };
  return { gateway, answers, fill, answerAll, reload: () => gateway.reload(parseConfig(document)) };
}

describe('the calls of one target at its service', () => {
  it.each(TARGETS)('%s are refused beyond 64, with Retry-After at both endpoints', async (service, target) => {
    const { gateway, answers, fill, answerAll } = await heldGateway();
    const token = await gateway.idToken();
    const begun = await fill(target, token);
    const message = `${service} was not called: 64 calls of the same application are under way; try again in 5 s`;
    const refused = await gateway.delegate({ target }, { token });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([200, '5']);
    expect(refused.errors?.[0]).toMatchObject({
      message,
      extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5, rateLimit: { limit: 1_000 } },
    });
    const legacy = await postForm(gateway, { id_token: token, target });
    expect([legacy.status, legacy.headers.get('retry-after'), legacy.body]).toEqual([
      503,
      '5',
      { error: 'temporarily_unavailable', error_description: message },
    ]);
    expect(answers).toHaveLength(LIMIT);
    answerAll();
    for (const { errors } of await Promise.all(begun)) {
      expect(errors?.[0].message).toBe(`${service} answered with status 503`);
    }
    const next = gateway.delegate({ target }, { token });
    while (answers.length === 0) await new Promise(setImmediate);
    answerAll();
    expect((await next).errors?.[0].message).toBe(`${service} answered with status 503`);
  });

  it('are counted for all calling applications together, and for each target by itself', async () => {
    const { gateway, answers, fill, answerAll } = await heldGateway();
    const begun = await fill('crm', await gateway.idToken());
    const other = await gateway.delegate({ target: 'crm' }, { token: await gateway.idToken({ aud: 'mobile' }) });
    expect(other.errors?.[0].extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5 });
    begun.push(gateway.delegate({ target: 'erp' }, { token: await gateway.idToken() }));
    while (answers.length === LIMIT) await new Promise(setImmediate);
    answerAll();
    await Promise.all(begun);
  });

  it('still count after a reload', async () => {
    const { gateway, answers, fill, answerAll, reload } = await heldGateway();
    const token = await gateway.idToken();
    const begun = await fill('crm', token);
    await reload();
    const refused = await gateway.delegate({ target: 'crm' }, { token });
    expect(refused.errors?.[0].extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5 });
    expect(answers).toHaveLength(LIMIT);
    answerAll();
    await Promise.all(begun);
  });
});
