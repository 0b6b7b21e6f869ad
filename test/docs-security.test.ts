import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { pages } from './support/documentation.js';
import { type TestGateway, testGateway } from './support/gateway.js';

const page = pages.find(({ path }) => path === 'docs/security.md');
const readBlock = (language: string) => page?.blocks.find((block) => block.language === language)?.text ?? '';

describe('the chain in docs/security.md is what the gateway does', () => {
  const APPLICATIONS = ['web', 'api', 'orders', 'ledger'];
  let gateway: TestGateway;
  /** What the identity provider and the gateway issued, in the order of the picture. */
  const tokens: string[] = [];

  async function delegate(target: string) {
    const { data, errors } = await gateway.delegate({ target }, { token: tokens.at(-1) ?? '' });
    const token: string | undefined = data?.delegate?.credential.token;
    if (token !== undefined) tokens.push(token);
    return errors?.[0].extensions.code;
  }

  beforeAll(async () => {
    gateway = await testGateway(({ tenants: [tenant] }) => {
      Object.assign(tenant ?? {}, {
        clients: APPLICATIONS.map((client_id) => ({ client_id, allowed_clients: APPLICATIONS })),
      });
    });
    const documented = JSON.parse(readBlock('json'));
    tokens.push(
      await gateway.idToken({
        exp: documented.chain_iat + 3_600,
        auth_time: documented.auth_time,
        acr: documented.acr,
        amr: documented.amr,
      }),
    );
    for (const target of APPLICATIONS.slice(1)) {
      gateway.clock.advance(60_000);
      expect(await delegate(target)).toBeUndefined();
    }
  });

  it('the payload of the third hop', () => {
    const documented = JSON.parse(readBlock('json'));
    expect(decodeJwt(tokens.at(-1) ?? '')).toEqual({ ...documented, jti: expect.any(String) });
    expect(documented.jti).toMatch(/^[\da-f-]{36}$/);
  });

  it('each token of the picture, and the refusal of a fourth application', async () => {
    await delegate('ledger');
    expect(readBlock('mermaid').match(/aud .*(?=")/g)).toEqual(tokens.map(describeToken));
    expect(await delegate('web')).toBe(/refused\["(\w+)"\]/.exec(readBlock('mermaid'))?.[1]);
  });
});

/** A token as the picture shows it: its audience, the calling application, and the actors, the latest first. */
function describeToken(token: string): string {
  const { aud, azp, act } = decodeJwt(token);
  return `aud ${aud}${azp === undefined ? '' : `, azp ${azp}`}${act === undefined ? '' : `<br/>act: ${listActors(act)}`}`;
}

function listActors(act: unknown): string {
  const { sub, act: inner } = act as { readonly sub: string; readonly act?: unknown };
  return inner === undefined ? sub : `${sub}, ${listActors(inner)}`;
}

it('the command of docs/security.md prints the hash of a token as the audit event has it', async () => {
  const gateway = await testGateway();
  const token = await gateway.idToken();
  await gateway.delegate({ target: 'api' }, { token });
  const env = { PATH: process.env.PATH, TOKEN: token };
  const { stdout } = spawnSync('bash', ['-c', readBlock('sh')], { env, encoding: 'utf8' });
  expect(stdout).toBe(createHash('sha256').update(token).digest('base64url'));
  expect(gateway.log.audits().map(({ tokenSha256 }) => tokenSha256)).toEqual([stdout]);
});
