import { beforeAll, expect, it } from 'vitest';
import { baseConfig, ISSUER } from '../support/gateway.js';
import { compactToken, signers } from '../support/identity-provider.js';
import { describeWith } from '../support/installed-programs.js';
import { rsaPair } from '../support/keys.js';
import { sendLoad } from '../support/load.js';
import { poll } from '../support/poll.js';
import { type ProxyProgram, type RunningProxy, startProxy } from './proxy.js';
import { type Replica, startReplica } from './replica.js';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp/${name};`);
const settings = (folder: string) => `daemon off; pid ${folder}/nginx.pid; error_log stderr;`;

const nginx: ProxyProgram = {
  name: 'nginx',
  debianPackage: 'nginx-light',
  file: 'examples/nginx/nginx.conf',
  drainSeconds: 0,
  replacements: (_folder, port) => [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    // For a user who is not root.
    ['http {', `http { ${TEMPORARY.join(' ')}`],
  ],
  runArgs: (folder) => ['-p', folder, '-c', `${folder}/nginx.conf`, '-g', settings(folder)],
  checkArgs: (folder) => ['-t', ...nginx.runArgs(folder)],
};

const caddy: ProxyProgram = {
  name: 'caddy',
  debianPackage: 'caddy',
  file: 'examples/caddy/Caddyfile',
  drainSeconds: 3,
  replacements: (folder, port) => [
    ['\ndelegation.example.com {', `\nhttps://delegation.example.com:${port} {\n\tbind 127.0.0.1`],
    ['/etc/caddy/tls/tls.crt', `${folder}/tls/tls.crt`],
    ['/etc/caddy/tls/tls.key', `${folder}/tls/tls.key`],
  ],
  runArgs: (folder) => ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
  checkArgs: (folder) => ['validate', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
};

/** An ID token for `web`, of another user each time unless one is given. */
let users = 0;
function idToken(claims: object = {}): string {
  const iat = Math.floor(Date.now() / 1000);
  const payload = { iss: ISSUER, aud: 'web', sub: `auth0|${users++}`, iat, exp: iat + 3_600, ...claims };
  return compactToken({ alg: 'RS256', typ: 'JWT', kid: 'idp-1' }, payload, signers.RS256(rsaPair('idp').privateKey));
}

for (const program of [nginx, caddy]) {
  describeWith(program.name, program.debianPackage)(`${program.file} in front of two gateways`, () => {
    let replicas: readonly [Replica, Replica];
    let proxy: RunningProxy;

    beforeAll(async () => {
      const config = {
        ...baseConfig(),
        listen: { drain_seconds: program.drainSeconds },
        trust_proxy: ['127.0.0.1/32'],
        rate_limit: { store: 'memory', burst: 1, attempts_per_minute: 10_000 },
      };
      replicas = await Promise.all([startReplica(config), startReplica(config)]);
      proxy = await startProxy(program, [replicas[0].port, replicas[1].port]);
      return () => Promise.all([proxy.stop(), ...replicas.map((replica) => replica.stop())]);
    }, 60_000);

    /** Delegates through the proxy; `granted`, or the code of the refusal. */
    async function delegate(token: string, from?: string, headers = {}): Promise<string> {
      const query = 'mutation { delegate(input: { target: "api" }) { credential { token } } }';
      const { status, body } = await proxy.send('/graphql', {
        ...(from && { from }),
        headers: { Authorization: `Bearer ${token}`, ...headers },
        body: JSON.stringify({ query }),
      });
      if (status !== 200) return `status ${status}`;
      return body.errors?.[0].extensions.code ?? 'granted';
    }

    it('is valid for its own program', () => {
      expect(proxy.check()).toMatch(/^0 /);
    });

    it('has the gateways count by the address of the client, whatever the client writes', async () => {
      const token = idToken();
      const ask = (from: string, written: string) => delegate(token, from, { 'X-Forwarded-For': written });
      const outcomes: string[] = [];
      // Two gateways, which have memories of their own here, grant one each.
      while (outcomes.at(-1) !== 'RATE_LIMITED' && outcomes.length < 4) {
        outcomes.push(await ask('127.0.0.2', `203.0.113.${outcomes.length}`));
      }
      expect(outcomes.at(-1)).toBe('RATE_LIMITED');
      expect(await ask('127.0.0.3', '203.0.113.0')).toBe('granted');
      await expect
        .poll(() => replicas.flatMap((replica) => replica.audits().map(({ ip }) => ip)).sort())
        .toEqual([...outcomes.map(() => '127.0.0.2'), '127.0.0.3']);
    });

    it('lets a token of 15 KiB through', async () => {
      const token = idToken({ groups: 'g'.repeat(11_000) });
      expect(token.length).toBeGreaterThan(15_000);
      expect(await delegate(token)).toBe('granted');
    });

    it('keeps metrics to itself, and says that only TLS is to be used', async () => {
      const hidden = await proxy.send('/metrics');
      expect([hidden.status, hidden.headers['x-request-id']]).toEqual([404, undefined]);
      const { headers } = await proxy.send('/.well-known/jwks.json');
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-request-id': expect.any(String),
      });
    });

    it('loses no request while a gateway is restarted', async () => {
      let isRestarting = true;
      async function restart(): Promise<void> {
        const [, replica] = replicas;
        await replica.stop();
        await replica.start();
        await poll('the restarted gateway gets requests', () => replica.audits().length > 0, { timeoutMs: 30_000 });
      }
      const restarted = restart().finally(() => {
        isRestarting = false;
      });
      const outcomes: string[] = [];
      async function sendInTurn(): Promise<void> {
        while (isRestarting) outcomes.push(await delegate(idToken()));
      }
      await Promise.all([restarted, sendInTurn(), sendInTurn(), sendInTurn(), sendInTurn()]);
      expect(outcomes.filter((outcome) => outcome !== 'granted')).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(20);
    });

    it.runIf(program === nginx)(
      'loses none of 5,000 requests while both are restarted, one after the other',
      { timeout: 180_000, retry: 2 },
      async () => {
        const { url, tls } = proxy;
        const headers = {
          host: 'delegation.example.com',
          'content-type': 'application/json',
          authorization: `Bearer ${idToken()}`,
        };
        // Refused, and answered and audited all the same.
        const body = JSON.stringify({ query: 'mutation { delegate(input: { target: "nobody" }) { refreshToken } }' });
        let isRestarting = true;
        let restarted: Promise<void> | undefined;
        async function restartBoth(): Promise<void> {
          const [first, second] = replicas;
          await first.stop();
          await first.start();
          // nginx leaves out a gateway that has refused a connection for two seconds.
          const isBack = () => first.audits().length > 0;
          await poll('the restarted gateway gets requests', isBack, { timeoutMs: 60_000, everyMs: 100 });
          await second.stop();
          await second.start();
        }
        const { statuses, lost } = await sendLoad({
          url: `${url}/graphql`,
          tls,
          requests: 5_000,
          connections: 30,
          buildRequest: () => ({ headers, body }),
          goesOn: () => isRestarting,
          onAnswer(answers) {
            if (answers !== 1_000) return;
            restarted = restartBoth().finally(() => {
              isRestarting = false;
            });
          },
        });
        await restarted;
        expect({ statuses: Object.keys(statuses), lost }).toEqual({ statuses: ['200'], lost: [] });
        expect(statuses[200]).toBeGreaterThanOrEqual(5_000);
      },
    );
  });
}
