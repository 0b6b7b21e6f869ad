import { cpSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { ENV, folder, GOOD } from '../config/good-file.js';
import { captureOutput } from '../support/captured-output.js';
import { configFolder } from '../support/config-folder.js';
import { secrets } from '../support/secrets.js';
import { CANARY, CONFIGURATION, type ConfigurationAttack } from './attacks/configuration.js';

/** Far less than an operator waits, and far more than `check` needs for any file. */
const MOST_MS = 5_000;

describe(CONFIGURATION.title, () => {
  for (const attack of CONFIGURATION.attacks) it(attack.name, () => runAttack(attack));
});

/** Checks each file of a row by the real command, and the valid file beside it. */
async function runAttack({ files, outcome }: ConfigurationAttack): Promise<void> {
  const own = configFolder();
  cpSync(`${folder.path}/keys`, `${own.path}/keys`, { recursive: true });
  const texts = files(own);
  expect(texts.length).toBeGreaterThan(0);
  for (const [index, text] of texts.entries()) {
    const startedMs = performance.now();
    const { code, stdout, stderr } = await check(own.write('gateway.yaml', text));
    expect(performance.now() - startedMs, `the time for file ${index + 1}`).toBeLessThan(MOST_MS);
    for (const output of [stdout, stderr])
      expect(output.includes(CANARY.slice(0, 20)), 'a secret is printed').toBe(false);
    if ('refused' in outcome) {
      expect({ code, stdout }, `file ${index + 1}`).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(outcome.refused);
    } else {
      expect(code, `file ${index + 1}: ${stderr}`).toBe(0);
      if ('warned' in outcome) expect(stderr).toMatch(outcome.warned);
      else expect(stdout).toMatch(outcome.valid);
    }
  }
  const valid = await check(own.write('gateway.yaml', GOOD));
  expect(valid.code, 'the valid file').toBe(0);
  if ('warned' in outcome) expect(valid.stderr).not.toMatch(outcome.warned);
}

/** Runs `check` in this process. */
async function check(path: string): Promise<{ code: number; stdout: string; stderr: string }> {
  for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
  const output = captureOutput();
  const code = await runCommandLine(['check', '--config', path]);
  vi.unstubAllEnvs();
  for (const text of [output.stdout, output.stderr]) secrets.observe('what check prints', text);
  return { code, ...output };
}
