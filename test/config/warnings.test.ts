import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/config/diagnostics.js';
import { parseConfig } from '../../src/config/load.js';
import { configWarnings } from '../../src/config/warnings.js';
import { runCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, type ConfigDocument } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

/** A variable as a template of a deployment has it. */
const variableOf = (name: string) => ['$', '{', name, '}'].join('');

function warningsOf(change: (config: ConfigDocument) => void, env: NodeJS.ProcessEnv = {}): string[] {
  const document = baseConfig() as ConfigDocument;
  change(document);
  return configWarnings(parseConfig(document, { env }), Date.UTC(2026, 0, 1)).map(formatDiagnostic);
}

const changeClient = (index: number, fields: object) => (config: ConfigDocument) => {
  Object.assign(config.tenants[0]!.clients[index]!, fields);
};

describe('check warns', () => {
  it('of nothing in the usual configuration', () => {
    expect(warningsOf(() => {})).toEqual([]);
  });

  const trusts = (kind: string) =>
    `trust_proxy: trusts every ${kind} address, so any client can choose the address that limits count; list only your proxies`;
  it.each<[readonly string[], readonly string[]]>([
    [['0.0.0.0/0'], ['IPv4']],
    [['::/0'], ['IPv6']],
    [
      ['0.0.0.0/0', '::/0'],
      ['IPv4', 'IPv6'],
    ],
    [['10.0.0.0/8', '128.0.0.0/1', '0.0.0.0/1'], ['IPv4']],
    [['::/1', '8000::/1'], ['IPv6']],
    [['::ffff:0:0/96'], ['IPv4']],
    [['::ffff:128.0.0.0/97', '0.0.0.0/1'], ['IPv4']],
    [['2000::/3'], ['IPv6']],
    [['2000::/4', '3000::/5', '3800::/5'], ['IPv6']],
    // All but 0.0.0.0/8, which nobody has.
    [
      ['1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/5', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/2', '128.0.0.0/1'],
      ['IPv4'],
    ],
    [[], []],
    [['10.0.0.0/8', '192.168.0.0/16', 'fc00::/7', '203.0.113.9'], []],
    [['0.0.0.0/1'], []],
    [['0.0.0.0/1', '128.0.0.0/2'], []],
    [['0.0.0.0', '::'], []],
    [['2000::/4', '3000::/5'], []],
  ])('of trusted proxies %j: %j', (trustProxy, kinds) => {
    expect(warningsOf((config) => Object.assign(config, { trust_proxy: trustProxy }))).toEqual(kinds.map(trusts));
  });

  const STAR =
    'tenants[0].clients[2].allowed_clients: lets every client of the tenant use its add-ons; name the clients that need them';
  it('of "*" in allowed_clients, of a client with add-ons only', () => {
    expect(warningsOf(changeClient(2, { allowed_clients: ['*'] }))).toEqual([STAR]);
    expect(warningsOf(changeClient(2, { allowed_clients: ['web', '*'] }))).toEqual([STAR]);
    expect(warningsOf(changeClient(1, { allowed_clients: ['*'] }))).toEqual([]);
    expect(warningsOf(changeClient(1, { allowed_clients: ['*'], addons: { samlp: {}, wams: null } }))).toEqual([]);
  });

  it('of delegation that is not enabled', () => {
    const expected = 'tenants[0].delegation.enabled: is not true, so every delegation of this tenant is refused';
    for (const delegation of [undefined, {}, { enabled: false }]) {
      expect(warningsOf(({ tenants }) => Object.assign(tenants[0]!, { delegation }))).toEqual([expected]);
    }
  });

  it('of a tenant without a signing key', () => {
    expect(warningsOf(({ tenants }) => Object.assign(tenants[0]!, { signing_key: undefined }))).toEqual([
      'tenants[0].signing_key: is missing, so there are no RS256 or PS256 app tokens and no SAML or Salesforce assertions',
    ]);
  });

  it('of no missing key where there are several', () => {
    const signing_keys = [{ key: rsaPair('tenant').pem }, { key: rsaPair('next').pem }];
    expect(warningsOf(({ tenants }) => Object.assign(tenants[0]!, { signing_key: undefined, signing_keys }))).toEqual(
      [],
    );
  });

  it('of several add-ons, because none of them is the default', () => {
    const wams = { masterkey: 'a-master-key-of-the-tests' };
    const changeAddons = (addons: object) => (config: ConfigDocument) =>
      Object.assign(config.tenants[0]!.clients[2]!.addons!, addons);
    expect(warningsOf(changeAddons({ wams }))).toEqual([
      'tenants[0].clients[2].addons: has several add-ons and no default, so a request without apiType gets an app token',
    ]);
    expect(warningsOf(changeAddons({ wams: null, samlp: {} }))).toEqual([]);
  });

  const variable = (path: string) =>
    `tenants[0].clients${path}: looks like a variable that was not replaced; write { env: NAME } to read a variable`;
  it('of a secret that looks like a variable, wherever it is written', () => {
    const secret = variableOf('WEB_SECRET');
    expect(warningsOf(changeClient(0, { client_secret: secret }))).toEqual([variable('[0].client_secret')]);
    expect(warningsOf(changeClient(0, { client_secret: { env: 'A' } }), { A: `x-${secret}` })).toEqual([
      variable('[0].client_secret'),
    ]);
    const masterkey = variableOf('WAMS_MASTER_KEY_OF_PRODUCTION');
    expect(warningsOf(changeClient(2, { addons: { wams: { masterkey } } }))).toEqual([
      variable('[2].addons.wams.masterkey'),
    ]);
    expect(warningsOf(changeClient(0, { client_secret: 'a$b{c}d' }))).toEqual([]);
    expect(
      warningsOf(changeClient(1, { accepted_client_secrets: ['n'.repeat(32), `${secret}${'x'.repeat(32)}`] })),
    ).toEqual([variable('[1].accepted_client_secrets[1]')]);
    // A part of an export that is not used.
    expect(warningsOf(changeClient(0, { addons: { samlp: { audience: variableOf('AUDIENCE') } } }))).toEqual([]);
  });

  it('with an exit code of 0, and without any value', async () => {
    const document = baseConfig() as ConfigDocument;
    document.trust_proxy = ['0.0.0.0/0'];
    changeClient(0, { client_secret: variableOf('VERY_SECRET') })(document);
    changeClient(2, { allowed_clients: ['*'] })(document);
    const path = configFolder().write('gateway.yaml', JSON.stringify(document));
    const { code, stdout, stderr } = await runCommand(['check', '--config', path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}: valid; tenants: 1, clients: 4\n` });
    expect(stderr.split('\n')).toEqual([
      ...[trusts('IPv4'), variable('[0].client_secret'), STAR].map((warning) => `${path}: warning: ${warning}`),
      '',
    ]);
    expect(stderr).not.toMatch(/VERY_SECRET|0\.0\.0\.0/);
  }, 60_000);
});
