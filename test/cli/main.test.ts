import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { runCommand } from '../support/command-line.js';

const COMMANDS = ['serve', 'check', 'import-auth0', 'compare', 'schema', 'demo'];

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
    [['sevre'], /^There is no command "sevre"\. Did you mean "serve"\?\n\nUsage: /],
    [['import-auth'], /^There is no command "import-auth"\. Did you mean "import-auth0"\?\n/],
    [['constructor'], /^There is no command "constructor"\.\n/],
    [['check', 'a.yaml', 'b.yaml'], /^Unexpected argument 'b\.yaml'/],
    [['serve', 'a.yaml', '--config', 'a.yaml'], /^The configuration is given twice: as an argument and by --config\n/],
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

  it('prints the version of package.json', async () => {
    const output = captureOutput();
    expect(await runCommandLine(['--version'])).toBe(0);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(output).toEqual({ stdout: `${version}\n`, stderr: '' });
  });

  it.each(['check', 'serve'])('%s takes the configuration as an argument', async (command) => {
    const output = captureOutput();
    expect(await runCommandLine([command, 'no-such.yaml'])).toBe(1);
    expect(output.stderr).toMatch(/^no-such\.yaml: 1 error\n/);
    const asArgument = output.stderr;
    output.stderr = '';
    await runCommandLine([command, '--config', 'no-such.yaml']);
    expect(output.stderr).toBe(asArgument);
  });

  it('passes its exit code to the shell', async () => {
    expect(await runCommand(['sevre'])).toMatchObject({ code: 2, stdout: '' });
  }, 60_000);
});
