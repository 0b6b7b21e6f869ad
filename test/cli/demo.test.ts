import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { startCommand } from '../support/command-line.js';
import { secrets } from '../support/secrets.js';

describe('the demo', { timeout: 30_000, retry: 2 }, () => {
  it('prints a page with curl commands that work at both endpoints, and exits with 0 on Ctrl-C', async () => {
    const demo = startCommand(['demo', '--port', '0']);
    const page = await demo.says('Press Ctrl-C to stop.');
    expect(page).toMatch(/GraphiQL {3}http:\/\/127\.0\.0\.1:\d+\/graphql\n/);

    const commands = page.match(/^curl (?:.*\\\n)*.*$/gm) ?? [];
    expect(commands).toHaveLength(2);
    const run = async (command = 'false') => JSON.parse((await promisify(execFile)('bash', ['-c', command])).stdout);
    const { data } = await run(commands[0]);
    expect(data.delegate.credential.token).toMatch(/^eyJ/);
    expect(data.delegate.rateLimit.remaining).toBe(9);
    const legacy = await run(commands[1]);
    expect(legacy).toMatchObject({ id_token: expect.stringMatching(/^eyJ/), token_type: 'Bearer' });

    demo.process.kill('SIGINT');
    expect(await demo.exit).toBe(0);
    expect(demo.output.stdout).toBe(`${page}\nStopped.\n`);
    expect(readAuditEvents(demo.output.stderr)).toEqual(['sd', 'sd']);
  });

  it('--json prints one line of JSON, and every target in it works', async () => {
    const demo = startCommand(['demo', '--port', '0', '--json']);
    const line = await demo.says('\n');
    const output = JSON.parse(line);
    secrets.keep('the ID token of the demo', output.idToken);
    expect(Object.keys(output)).toEqual(['graphql', 'legacy', 'jwks', 'clientId', 'idToken', 'targets', 'publicKeys']);

    const verified: string[] = [];
    for (const { clientId, apiTypes } of output.targets) {
      for (const apiType of apiTypes) {
        const response = await fetch(output.graphql, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${output.idToken}` },
          body: JSON.stringify({
            query: 'mutation($i: DelegateInput!) { delegate(input: $i) { credential { token } } }',
            variables: { i: { clientId: output.clientId, target: clientId, apiType } },
          }),
        });
        const { data } = (await response.json()) as { data: { delegate: { credential: { token: string } } } };
        const { token } = data.delegate.credential;
        if (apiType === 'FIREBASE') await jwtVerify(token, createPublicKey(output.publicKeys.firebase));
        else if (clientId === output.clientId) await jwtVerify(token, createRemoteJWKSet(new URL(output.jwks)));
        verified.push(`${clientId} ${apiType}`);
      }
    }
    expect(verified).toEqual(expect.arrayContaining(['chat FIREBASE', 'api APP', 'web APP']));

    demo.process.kill('SIGTERM');
    expect(await demo.exit).toBe(0);
    expect(demo.output.stdout).toBe(line);
    expect(readAuditEvents(demo.output.stderr)).toEqual(verified.map(() => 'sd'));
  });

  it('prints one sentence when its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const output = captureOutput();
    const code = await runCommandLine(['demo', '--port', String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(output.stdout).toBe('');
    expect(output.stderr).toBe(
      `Cannot listen on 127.0.0.1:${port}: the port is in use; choose another with --port, or --port 0 for any free port.\n`,
    );
  });
});

/** The audit event codes on standard error, which has nothing else. */
function readAuditEvents(stderr: string): unknown[] {
  return stderr
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).audit);
}
