import { cpuUsage } from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
// Loaded before: else the first attack would be charged with the processor time of that.
import '../../src/cli/check.js';
import '../../src/cli/import-auth0.js';
import { ENV, folder, GOOD } from '../config/good-file.js';
import { captureOutput } from '../support/captured-output.js';
import { secrets } from '../support/secrets.js';
import type { AttackedFile, CommandResult, ConfigurationAttack, ConfigurationTheme } from './configuration-attack.js';

/** Far more than any file needs, and far less than a file that is a bomb. */
const MAX_SECONDS = 6;
const EXPORT = JSON.stringify([{ client_id: 'honest', name: 'Honest' }]);

/** Runs every row of a theme through the command line, in this process. */
export function runConfigurationTheme({ title, attacks }: ConfigurationTheme): void {
  describe(title, () => {
    for (const attack of attacks) it(attack.name, () => runConfigurationAttack(attack));
  });
}

async function runConfigurationAttack(row: ConfigurationAttack): Promise<void> {
  const run = prepareCommand(row);
  const files = row.attack(folder);
  expect(files.length, 'the files of the attack').toBeGreaterThan(0);
  const usual = row.command === 'import-auth0' ? [] : (await run(GOOD)).lines;
  for (const [index, file] of files.entries()) {
    checkOutcome(row, await run(file), usual, `file ${index + 1} of ${files.length}`);
  }
  const honest = row.control?.(folder) ?? (row.command === 'import-auth0' ? EXPORT : GOOD);
  const { code, lines } = await run(honest);
  const warnings = row.command === 'import-auth0' ? [] : lines.filter((line) => !usual.includes(line));
  expect(warnings, `the honest file (${lines[0]})`).toEqual([]);
  expect(acceptedCodes(row), `the exit code of the honest file (${lines[0]})`).toContain(code);
}

/** An import that left something out exits with 3. */
function acceptedCodes({ command }: ConfigurationAttack): readonly number[] {
  return command === 'import-auth0' ? [0, 3] : [0];
}

function checkOutcome(row: ConfigurationAttack, result: CommandResult, usual: readonly string[], which: string) {
  const { outcome } = row;
  const { code, stdout, lines } = result;
  if ('refused' in outcome) {
    expect({ code, stdout }, `${which} is refused (${lines[0]})`).toEqual({ code: 1, stdout: '' });
    if (outcome.errors === undefined) expect(lines.length, `the errors of ${which}`).toBeGreaterThan(0);
    else expect(lines, `the errors of ${which}`).toHaveLength(outcome.errors);
    for (const line of lines) expect(line, `an error of ${which}`).toMatch(outcome.refused);
    return;
  }
  expect(acceptedCodes(row), `the exit code of ${which} (${lines[0]})`).toContain(code);
  if ('accepted' in outcome) return outcome.check?.(result);
  const more = lines.filter((line) => !usual.includes(line));
  expect(more.length, `the warnings of ${which}`).toBeGreaterThan(0);
  for (const line of more) expect(line, `a warning of ${which}`).toMatch(outcome.warned);
}

/**
 * Returns a function that runs the command on a file. Whatever the file is, the command ends soon, prints no secret and
 * changes no prototype.
 */
function prepareCommand({
  command = 'check',
  file = command === 'check' ? 'gateway.yaml' : 'export.json',
}: ConfigurationAttack) {
  for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
  // What node prints of a warning does not go through process.stderr.write.
  const warn = vi.spyOn(process, 'emitWarning');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    warn.mockRestore();
  });
  const output = captureOutput();
  return async (attacked: AttackedFile): Promise<CommandResult> => {
    const path = typeof attacked === 'string' ? folder.write(file, attacked) : attacked.path;
    Object.assign(output, { stdout: '', stderr: '' });
    const before = cpuUsage();
    const code = await runCommandLine(command === 'check' ? ['check', '--config', path] : [command, path]);
    const { user, system } = cpuUsage(before);
    expect((user + system) / 1e6, 'seconds of processor time').toBeLessThan(MAX_SECONDS);
    expect(warn.mock.calls, 'warnings of node').toEqual([]);
    expect(listInherited(), 'properties that every object inherits').toEqual([]);
    const { stdout, stderr } = output;
    secrets.observe(`the output of ${command}`, stdout + stderr);
    const isDetail = (line: string) => line !== '' && !/^\S+: \d+ errors?$/.test(line);
    const lines = stderr
      .split('\n')
      .filter(isDetail)
      .map((line) => line.trim());
    return { text: typeof attacked === 'string' ? attacked : '', code, stdout, lines };
  };
}

/** Names that were added to `Object.prototype` or `Array.prototype`. */
function listInherited(): string[] {
  const names: string[] = [];
  for (const name in []) names.push(name);
  return names;
}
