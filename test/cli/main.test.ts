import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { runCommand } from '../support/command-line.js';

const COMMANDS = ['serve', 'check', 'import-auth0', 'schema', 'demo'];

describe('the command line', () => {
  it.each([
    ['--help', 0],
    ['-h', 0],
    ['help', 0],
    [undefined, 2],
  ])('lists its commands: %s', async (argument, code) => {
    const output = captureOutput();
    expect(await runCommandLine(argument === undefined ? [] : [argument])).toBe(code);
    for (const command of COMMANDS) expect(output.stdout).toMatch(new RegExp(`^ {2}${command} +\\S`, 'm'));
  });

  it.each(COMMANDS)('%s --help prints the usage and runs nothing', async (command) => {
    const output = captureOutput();
    for (const args of [
      [command, '--help'],
      [command, '-h'],
    ]) {
      output.stdout = '';
      expect(await runCommandLine(args)).toBe(0);
      expect(output.stdout).toMatch(new RegExp(`^Usage: delegation-gateway ${command}`));
      expect(output.stderr).toBe('');
    }
  });

  it.each([
    [['sevre'], /^There is no command "sevre"\.\n\nUsage: /],
    [['constructor'], /^There is no command "constructor"\./],
    [['demo', '--prot', '1'], /^Unknown option '--prot'/],
    [['demo', '--port'], /^Option '--port <value>' argument missing/],
    [['demo', 'now'], /^Unexpected argument 'now'/],
    [['serve', '--json=yes'], /^Option '--json' does not take an argument/],
  ])('exits with 2 for %j and prints the usage', async (args, message) => {
    const output = captureOutput();
    expect(await runCommandLine(args)).toBe(2);
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(message);
    expect(output.stderr).toContain('Usage: delegation-gateway');
  });

  it.each(['70000', '-1', '4000x', '', '1e3'])('refuses the port %j with one sentence', async (port) => {
    const output = captureOutput();
    for (const command of ['demo', 'serve']) {
      output.stderr = '';
      expect(await runCommandLine([command, `--port=${port}`])).toBe(1);
      expect(output.stderr).toBe('--port must be a whole number from 0 to 65535\n');
    }
    expect(output.stdout).toBe('');
  });

  it('passes its exit code to the shell', async () => {
    expect(await runCommand(['sevre'])).toMatchObject({ code: 2, stdout: '' });
  }, 60_000);
});
