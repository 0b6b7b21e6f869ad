import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configFolder } from '../support/config-folder.js';
import { ROOT } from '../support/documentation.js';
import { describeWith } from '../support/installed-programs.js';

describeWith('systemd-analyze', 'systemd')('examples/systemd/delegation-gateway.service', () => {
  const unit = readFileSync(`${ROOT}examples/systemd/delegation-gateway.service`, 'utf8');

  function analyze(command: readonly string[], text: string): string {
    const file = configFolder().write('delegation-gateway.service', text.replace('/usr/bin/node', process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...command, file], { encoding: 'utf8' });
    return `${status} ${stdout}${stderr}`;
  }

  it('is valid, which a misspelt directive is not', () => {
    expect(analyze(['verify'], unit)).toBe('0 ');
    expect(analyze(['verify'], unit.replace('LoadCredential=', 'LoadCredentials='))).toContain('LoadCredentials');
  });

  it('has an exposure of at most 2 of 10 to systemd-analyze', () => {
    const command = ['security', '--offline=true', '--threshold=20', '--no-pager'];
    expect(analyze(command, unit)).toMatch(/^0 /);
    expect(analyze(command, unit.replace(/^(?:Protect|SystemCall|Capability).*\n/gm, ''))).toMatch(/^1 /);
  });
});
