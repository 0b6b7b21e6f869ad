import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { secrets } from './secrets.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves with what a stream has written once that holds a text. */
  says(stream: 'stdout' | 'stderr', text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
}

/** The command line in a process of its own, as a shell starts it; all that it prints is searched for secrets. */
export function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk) => {
      written[stream] += chunk;
      for (const listener of listeners) listener();
    });
  }
  return {
    says: (stream, text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!written[stream].includes(text)) return;
          listeners.delete(look);
          resolve(written[stream]);
        };
        listeners.add(look);
        child.once('close', () => reject(new Error(`It ended before it said: ${text}`)));
        look();
      }),
    signal: (name) => void child.kill(name),
    finished: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        for (const [stream, text] of Object.entries(written)) secrets.observe(stream, text);
        resolve({ code, ...written });
      });
    }),
  };
}
