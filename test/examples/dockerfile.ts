import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/documentation.js';

/** The instructions of a Dockerfile, in order. Continued lines are not read. */
export type Instructions = readonly (readonly [name: string, rest: string])[];

export function parseDockerfile(text: string): Instructions {
  return [...text.matchAll(/^([A-Z]+) (.+)$/gm)].map(([, name = '', rest = '']) => [name, rest] as const);
}

/** The array of the last instruction of a name. */
export function readArray(instructions: Instructions, name: string): string[] {
  const [, rest = ''] = instructions.findLast(([each]) => each === name) ?? [];
  return JSON.parse(rest.slice(rest.indexOf('[')));
}

/**
 * Carries out the instructions below a folder, with each stage as a folder of its own. `npm ci` is a link to the packages
 * of the checkout, and what the base images contain is not there.
 *
 * @returns the working directory of the last stage
 */
export function carryOut(instructions: Instructions, folder: string): string {
  const stages = new Map<string, string>();
  let [stage, workdir] = ['', '/'];
  for (const [name, rest] of instructions) {
    const words = rest.split(' ');
    if (name === 'FROM') {
      stage = join(folder, String(stages.size));
      stages.set(words[2] ?? 'last', stage);
    } else if (name === 'WORKDIR') {
      workdir = rest;
      mkdirSync(join(stage, workdir), { recursive: true });
    } else if (name === 'COPY') copy(words, stages, join(stage, workdir));
    else if (rest === 'npm ci') symlinkSync(`${ROOT}node_modules`, join(stage, workdir, 'node_modules'));
    else if (name === 'RUN') execFileSync('sh', ['-ec', rest], { cwd: join(stage, workdir), stdio: 'pipe' });
  }
  return join(stage, workdir);
}

function copy(words: readonly string[], stages: ReadonlyMap<string, string>, workdir: string): void {
  const from = /^--from=(.+)$/.exec(words[0] ?? '')?.[1];
  const root = from === undefined ? ROOT : stages.get(from);
  if (root === undefined) throw new Error(`there is no stage ${from}`);
  const sources = words.slice(from === undefined ? 0 : 1, -1);
  const target = words.at(-1) as string;
  for (const source of sources) {
    const to = join(workdir, target, target.endsWith('/') ? source.replace(/.*\//, '') : '');
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(root, source), to, { recursive: true });
  }
}
