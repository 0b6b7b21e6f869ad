#!/usr/bin/env node
import { setTimeout } from 'node:timers/promises';
import { runCommandLine } from './cli/command-line.js';

/**
 * At its end a process waits for V8's compiler threads, and these may wait for the main thread to collect garbage: then it
 * never ends (https://github.com/nodejs/node/issues/54918). In this time the main thread is idle, and they finish.
 */
const COMPILER_MS = 100;

// A reader that ends early, such as `head`, is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const exitCode = await runCommandLine(process.argv.slice(2));
await setTimeout(COMPILER_MS);
process.exit(exitCode);
