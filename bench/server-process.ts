import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Microseconds of a clock tick in /proc, which is 10 ms on every Linux. */
const TICK_US = 10_000;
const STOP_TIMEOUT_MS = 10_000;

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  readonly origin: string;
  /** Milliseconds from the start of the process to its line of JSON on standard output. */
  readonly readyMs: number;
  /** User and system time of all threads and workers since the start, in microseconds. */
  readProcessorTime(): number;
  readRssBytes(): number;
  /** Empties the file that takes its standard error, so that the disk does not fill up. */
  truncateLog(): void;
  stop(): Promise<void>;
}

/**
 * Starts a server and waits for its line of JSON with an address. Its log goes to a file, as it would in operation.
 *
 * @throws Error when the process ends before; the log file says why
 */
export async function startServer(args: readonly string[], logFile: string): Promise<ServerProcess> {
  const log = openSync(logFile, 'a');
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', log],
    // Nothing else of the environment, so that it cannot change how Node starts.
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  const line = await readFirstLine(child, args, logFile);
  const readyMs = performance.now() - begun;
  const { url, graphql } = JSON.parse(line) as { readonly url?: string; readonly graphql?: string };
  const sum = (read: (pid: number) => number) => findNodes(child.pid ?? 0).reduce((total, pid) => total + read(pid), 0);
  return {
    origin: new URL(url ?? graphql ?? '').origin,
    readyMs,
    readProcessorTime: () => sum(readProcessorTime),
    readRssBytes: () => sum(readRssBytes),
    truncateLog: () => ftruncateSync(log),
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
      clearTimeout(timer);
      closeSync(log);
    },
  };
}

/** The processes of Node.js from this one on: itself and its workers, and not a redis-server beside them. */
function findNodes(pid: number): number[] {
  const children = readProc(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.filter((each) => readProc(each, 'comm').trim() === 'node').flatMap(findNodes)];
}

function readProcessorTime(pid: number): number {
  // The name of the program, in parentheses, may contain spaces. utime and stime are the fields 14 and 15.
  const fields = readProc(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

function readRssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readProc(pid, 'status'))?.[1]) * 1024;
}

function readProc(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}

function readFirstLine(child: ChildProcess, args: readonly string[], logFile: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`node ${args.join(' ')} ended with ${code}:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`));
    });
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  });
}
