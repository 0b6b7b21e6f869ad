import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { builtCommand } from './built-command.js';
import { secrets } from './secrets.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface RunningCommand {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  readonly output: { stdout: string; stderr: string };
  /** Resolves with standard output once it holds the text; rejects when the command ends without. */
  says(text: string): Promise<string>;
  /** The same of standard error, where logs go. */
  logs(text: string): Promise<string>;
  /** The exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the command line in a process of its own. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [builtCommand(), ...args], {
    cwd: options.cwd ?? ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LOG_LEVEL: 'info', ...options.env },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      if (name === 'stderr') secrets.observe('standard error of a command', text);
    });
  }
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const holds = (name: 'stdout' | 'stderr', text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (output[name].includes(text)) resolve(output[name]);
      };
      child[name].on('data', look);
      look();
      exit.then((code) => reject(new Error(`ended with ${code}\n${output.stdout}${output.stderr}`)));
    });
  return {
    process: child,
    output,
    exit,
    says: (text) => holds('stdout', text),
    logs: (text) => holds('stderr', text),
  };
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}) {
  const command = startCommand(args, options);
  const code = await command.exit;
  return { code, ...command.output };
}
