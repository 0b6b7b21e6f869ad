import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { configFolder } from '../support/config-folder.js';
import { ROOT } from '../support/documentation.js';
import { freePort } from '../support/free-port.js';
import { baseConfig } from '../support/gateway.js';
import { poll } from '../support/poll.js';
import { carryOut, parseDockerfile, readArray } from './dockerfile.js';

describe('the instructions of examples/docker/Dockerfile', { timeout: 120_000 }, () => {
  const instructions = parseDockerfile(readFileSync(`${ROOT}examples/docker/Dockerfile`, 'utf8'));
  const folder = configFolder();
  let image: string;

  beforeAll(() => {
    image = carryOut(instructions, folder.path);
  }, 120_000);

  it('copy only what the build context has', () => {
    const [everything, ...allowed] = readFileSync(`${ROOT}examples/docker/Dockerfile.dockerignore`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const copied = instructions.flatMap(([name, rest]) =>
      name === 'COPY' && !rest.startsWith('--from') ? rest.split(' ').slice(0, -1) : [],
    );
    expect(everything).toBe('*');
    expect(allowed.sort()).toEqual(copied.map((path) => `!${path}`).sort());
  });

  it('leave in the image the bundle and what says that it is a module, for a user who is not root', () => {
    expect(readdirSync(image).sort()).toEqual(['dist', 'package.json']);
    expect(readdirSync(`${image}/dist`).sort()).toEqual(['chunks', 'main.js']);
    expect(instructions).toContainEqual(['USER', '65532']);
  });

  it('serve, and say that it is healthy until it stops on SIGTERM', async () => {
    const port = String(await freePort());
    const config = folder.write('gateway.yaml', JSON.stringify(baseConfig()));
    const replace = (argument: string) =>
      argument
        .replace('/nodejs/bin/node', process.execPath)
        .replace('/etc/delegation-gateway/gateway.yaml', config)
        .replace(/\b4000\b/, port);
    const [program = '', ...args] = [...readArray(instructions, 'ENTRYPOINT'), ...readArray(instructions, 'CMD')].map(
      replace,
    );
    const [check = '', ...checkArgs] = readArray(instructions, 'HEALTHCHECK').map(replace);
    const isHealthy = () => spawnSync(check, checkArgs, { timeout: 3_000 }).status === 0;

    expect(isHealthy()).toBe(false);
    const gateway = spawn(program, args, { cwd: image, stdio: 'ignore' });
    onTestFinished(() => void gateway.kill('SIGKILL'));
    await poll('the health check passes', isHealthy, { timeoutMs: 30_000 });
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
    expect(isHealthy()).toBe(false);
  });
});
