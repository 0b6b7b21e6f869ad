import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import { createReloader } from '../../src/config/reload.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, type ConfigDocument, testGateway } from '../support/gateway.js';
import { answerWith, connectionReset, httpServer } from '../support/jwks-server.js';
import { publicJwk, rsaPair } from '../support/keys.js';
import { recordingLog } from '../support/log.js';

const folder = configFolder();

/** A reloader of a file with this text, and what it has applied. */
function reloaderOf(text: string) {
  const path = folder.write('gateway.yaml', text);
  const log = recordingLog();
  const applied: string[] = [];
  const reloader = createReloader({
    path,
    load: (onRead) => loadConfig(path, { onRead }),
    apply: async () => void applied.push('applied'),
    log,
  });
  reloader.load();
  const messages = () =>
    log.lines.map((line) => JSON.parse(line)).map(({ msg, diagnostics }) => ({ msg, diagnostics }));
  return { ...reloader, applied, messages, write: (next: string) => folder.write('gateway.yaml', next) };
}

const yaml = (change: (config: ReturnType<typeof baseConfig>) => void = () => {}) => {
  const config = baseConfig();
  change(config);
  return JSON.stringify(config);
};
const RELOADED = { msg: 'configuration reloaded', diagnostics: undefined };

describe('a file that changes', () => {
  it('is loaded once two polls have seen the same new text', async () => {
    const { poll, applied, write, messages } = reloaderOf(yaml());
    await poll();
    write(yaml().slice(0, 100));
    await poll();
    write(yaml(({ tenants: [acme] }) => Object.assign(acme as object, { name: 'renamed' })));
    await poll();
    expect(applied).toEqual([]);
    await poll();
    expect(applied).toEqual(['applied']);
    await poll();
    expect(messages()).toEqual([RELOADED]);
  });

  it('is not loaded while it is invalid, which is logged once, and is loaded when it is corrected', async () => {
    const { poll, applied, write, messages } = reloaderOf(yaml());
    write('tenants: 7');
    for (let polls = 0; polls < 4; polls++) await poll();
    expect(applied).toEqual([]);
    const diagnostics = ['line 1: tenants: a number; expected a list'];
    expect(messages()).toEqual([{ msg: 'configuration not reloaded', diagnostics }]);
    write(yaml());
    for (let polls = 0; polls < 4; polls++) await poll();
    expect(messages()).toEqual([{ msg: 'configuration not reloaded', diagnostics }, RELOADED]);
  });

  it('is not loaded a second time by a poll after reload() has loaded it', async () => {
    const { poll, reload, applied, write } = reloaderOf(yaml());
    write(yaml(({ tenants: [acme] }) => Object.assign(acme as object, { name: 'renamed' })));
    await reload();
    for (let polls = 0; polls < 3; polls++) await poll();
    expect(applied).toEqual(['applied']);
  });
});

describe('a file that the configuration names', () => {
  /** A reloader of a configuration whose tenant has its key in a file. */
  function reloaderWithKey(path: string) {
    return reloaderOf(yaml(({ tenants: [acme] }) => Object.assign(acme as object, { signing_key: { file: path } })));
  }
  const [before, after] = [rsaPair('tenant').pem, rsaPair('firebase').pem];

  it('is loaded again when it was written anew', async () => {
    folder.write('written.pem', before);
    const { poll, applied } = reloaderWithKey('written.pem');
    for (let polls = 0; polls < 3; polls++) await poll();
    expect(applied).toEqual([]);
    folder.write('written.pem', after);
    await poll();
    expect(applied).toEqual([]);
    await poll();
    await poll();
    expect(applied).toEqual(['applied']);
  });

  it('is loaded again when another file was renamed to it', async () => {
    folder.write('renamed.pem', before);
    const { poll, applied } = reloaderWithKey('renamed.pem');
    renameSync(folder.write('next.pem', after), `${folder.path}/renamed.pem`);
    await poll();
    await poll();
    expect(applied).toEqual(['applied']);
  });

  it('is loaded again when a symbolic link on its path points elsewhere, as in a secret of Kubernetes', async () => {
    folder.write('..1/key.pem', before);
    folder.write('..2/key.pem', after);
    symlinkSync('..1', `${folder.path}/..data`);
    symlinkSync('..data/key.pem', `${folder.path}/mounted.pem`);
    const { poll, applied } = reloaderWithKey('mounted.pem');
    symlinkSync('..2', `${folder.path}/..new`);
    renameSync(`${folder.path}/..new`, `${folder.path}/..data`);
    await poll();
    await poll();
    expect(applied).toEqual(['applied']);
  });

  it('that is gone for a while changes nothing, and is loaded when it is there again', async () => {
    const path = folder.write('gone.pem', before);
    const { poll, applied, messages } = reloaderWithKey('gone.pem');
    rmSync(path);
    for (let polls = 0; polls < 3; polls++) await poll();
    expect(messages()).toMatchObject([{ msg: 'configuration not reloaded' }]);
    folder.write('gone.pem', after);
    for (let polls = 0; polls < 3; polls++) await poll();
    expect(applied).toEqual(['applied']);
  });
});

describe('a reload on demand', () => {
  it('loads an unchanged file again, because the files of its secrets may have changed', async () => {
    const { reload, applied } = reloaderOf(yaml());
    await reload();
    expect(applied).toEqual(['applied']);
  });

  it('finishes before the next begins, and a failure does not stop the next', async () => {
    const order: string[] = [];
    let loads = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const log = recordingLog();
    const reloader = createReloader({
      path: folder.write('gateway.yaml', yaml()),
      load: () => {
        order.push('load');
        return ++loads;
      },
      apply: async (run) => {
        order.push(`begin ${run}`);
        if (run === 1) await held;
        order.push(`end ${run}`);
        if (run === 1) throw new TypeError('an unexpected kind');
      },
      log,
    });
    const both = [reloader.reload(), reloader.reload()];
    release();
    await Promise.all(both);
    expect(order).toEqual(['load', 'begin 1', 'end 1', 'load', 'begin 2', 'end 2']);
    expect(log.lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'configuration not reloaded', error: { type: 'TypeError', message: 'an unexpected kind' } },
      { msg: 'configuration reloaded' },
    ]);
  });
});

describe('a gateway with a new configuration', () => {
  it('serves the new configuration and keeps the buckets', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const before = await gateway.delegate({ target: 'chat' }, { token });
    expect(before.data.delegate.rateLimit.remaining).toBe(9);
    const next = baseConfig() as { tenants: { clients: object[] }[] };
    next.tenants[0]?.clients.splice(2, 1, { client_id: 'news', name: 'News', allowed_clients: ['web'] });
    await gateway.reload(parseConfig(next));
    const after = await gateway.delegate({ target: 'news' }, { token });
    expect(after.data.delegate).toMatchObject({ credential: { audience: 'news' }, rateLimit: { remaining: 8 } });
    const gone = await gateway.delegate({ target: 'chat' }, { token });
    expect(gone.errors).toMatchObject([
      { message: expect.stringContaining('target'), extensions: { code: 'INVALID_TARGET' } },
    ]);
  });

  it('keeps serving the previous one when the next has an add-on that lacks its key', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const path = folder.write(
      'gateway.yaml',
      yaml(({ tenants: [acme] }) => {
        Object.assign(acme as object, { name: 'renamed', signing_key: undefined });
        Object.assign(acme?.clients[0] as object, { jwt_configuration: { alg: 'PS256' } });
      }),
    );
    const log = recordingLog();
    await createReloader({ path, load: () => loadConfig(path), apply: (next) => gateway.reload(next), log }).reload();
    const diagnostic =
      'line 1: tenants[0].clients[0].jwt_configuration.alg: a string; expected the tenant to have a signing_key for PS256';
    expect(log.lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'configuration not reloaded', diagnostics: [diagnostic] },
    ]);
    expect((await gateway.delegate({ target: 'web' }, { token })).data.delegate.credential.audience).toBe('web');
    expect(gateway.log.audits().at(-1)).toMatchObject({ tenant: 'acme' });
  });

  it('answers the requests that began before', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const begun = gateway.delegate({ target: 'chat' }, { token });
    await gateway.reload(parseConfig(baseConfig()));
    expect((await begun).data.delegate.credential.uid).toBe('auth0|alice');
  });

  it('keeps the keys that were fetched, so that it works during an outage of the issuer', async () => {
    const endpoint = await httpServer(
      answerWith({ keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] }),
    );
    const remote = (config: ConfigDocument) => {
      Object.assign(config.tenants[0]!.issuers[0]!, { jwks: undefined, jwks_uri: `${endpoint.url}/jwks` });
    };
    const gateway = await testGateway(remote);
    const token = await gateway.idToken();
    expect((await gateway.delegate({}, { token })).status).toBe(200);
    endpoint.answer = connectionReset;
    const next = baseConfig() as ConfigDocument;
    remote(next);
    await gateway.reload(parseConfig(next));
    expect((await gateway.delegate({}, { token })).status).toBe(200);
    expect(endpoint.requests).toEqual(['/jwks']);
  });

  it('starts with new buckets when the limit has changed', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    await gateway.delegate({ target: 'chat' }, { token });
    await gateway.reload(parseConfig({ ...baseConfig(), rate_limit: { burst: 3 } }));
    const { data } = await gateway.delegate({ target: 'chat' }, { token });
    expect(data.delegate.rateLimit).toMatchObject({ limit: 3, remaining: 2 });
  });
});
