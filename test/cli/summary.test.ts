import { describe, expect, it } from 'vitest';
import { formatSummary } from '../../src/cli/summary.js';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig, type ConfigDocument } from '../support/gateway.js';
import { keepConfigured } from '../support/secrets.js';

const GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/id_token';

/** The summary of the usual tenant with these clients, without its headings. */
function summarize(clients: readonly object[], tenant: object = {}, options?: { readonly all: boolean }): string[] {
  const document = baseConfig() as ConfigDocument;
  Object.assign(document.tenants[0]!, { clients, ...tenant });
  keepConfigured(document);
  const [headings, ...lines] = formatSummary(parseConfig(document).tenants, options).trimEnd().split('\n');
  expect(headings?.split(/ {2,}/)).toEqual(['tenant', 'target', 'api types', 'callers', 'must authenticate']);
  return lines.map((line) => line.split(/ {2,}/).join(' | '));
}

describe('the summary of who may delegate to what', () => {
  it('lists itself, the applications that are named, and all for "*"', () => {
    const clients = [
      { client_id: 'web' },
      { client_id: 'api', allowed_clients: ['web', 'api'] },
      { client_id: 'open', allowed_clients: ['*'] },
    ];
    expect(summarize(clients)).toEqual([
      'acme | web | APP | itself | nobody',
      'acme | api | APP | itself, web | nobody',
      'acme | open | APP | all 3 clients (*) | nobody',
    ]);
  });

  it('says which callers must authenticate', () => {
    const secret = { client_secret: 'a-secret-of-a-confidential-client-0123456789' };
    const clients = [
      { client_id: 'web' },
      { client_id: 'backend', ...secret, require_authentication: true, allowed_clients: ['*'] },
      { client_id: 'api', allowed_clients: ['web', 'backend'] },
    ];
    expect(summarize(clients)).toEqual([
      'acme | web | APP | itself | nobody',
      'acme | backend | APP | all 3 clients (*) | itself',
      'acme | api | APP | itself, web, backend | backend',
    ]);
  });

  it('leaves out applications that may not delegate: by their grant_types, or their tenant', () => {
    const clients = [
      { client_id: 'login', grant_types: ['authorization_code'] },
      { client_id: 'web', grant_types: [GRANT] },
      { client_id: 'api', allowed_clients: ['login', 'web'] },
    ];
    expect(summarize(clients)).toEqual([
      'acme | login | APP | nobody | nobody',
      'acme | web | APP | itself | nobody',
      'acme | api | APP | itself, web | nobody',
    ]);
    expect(summarize([{ client_id: 'web' }], { delegation: { enabled: false } })).toEqual([
      'acme | web | APP | nobody: delegation is not enabled | nobody',
    ]);
  });

  it('has no caller for a target without api types', () => {
    expect(summarize([{ client_id: 'web' }], { signing_key: undefined })).toEqual([
      'acme | web | none | nobody | nobody',
    ]);
  });

  it('escapes names that change how a terminal shows the line', () => {
    expect(summarize([{ client_id: 'web\u001b[2J' }])).toEqual(['acme | web\\u001b[2J | APP | itself | nobody']);
  });

  it('shows 50 targets and 10 names, and everything when asked for all', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `client-${index}`);
    const clients = names.map((client_id) => ({ client_id }));
    Object.assign(clients[0]!, { allowed_clients: names.slice(0, 20) });
    const lines = summarize(clients);
    const first = names.slice(1, 10).join(', ');
    expect(lines[0]).toBe(`acme | client-0 | APP | itself, ${first} and 10 more | nobody`);
    expect(lines.slice(50)).toEqual(['9950 more targets are left out; --all prints them']);
    const all = summarize(clients, {}, { all: true });
    expect(all).toHaveLength(10_000);
    expect(all[0]).toBe(`acme | client-0 | APP | itself, ${names.slice(1, 20).join(', ')} | nobody`);
  });
});
