import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The part of https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile that is read here. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** The node that was on top, by sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before, by sample. */
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** What code a part stands for, and the share of the busy time of the main thread that it took. */
export interface Share {
  readonly part: string;
  readonly share: number;
}

const WAITING = 'waiting';

/** Reads a profile that `node --cpu-prof` wrote, and sums up the last milliseconds of it by where the code comes from. */
export function readShares(file: string, lastMs: number): Share[] {
  const { nodes, samples, timeDeltas }: CpuProfile = JSON.parse(readFileSync(file, 'utf8'));
  const sourceMaps = new SourceMaps();
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, findPart(callFrame, sourceMaps)]));
  const spent = new Map<string, number>();
  let total = 0;
  for (let index = samples.length - 1, left = lastMs * 1_000; index >= 0 && left > 0; index--) {
    const us = timeDeltas[index] as number;
    const part = parts.get(samples[index] as number) as string;
    left -= us;
    if (part === WAITING) continue;
    total += us;
    spent.set(part, (spent.get(part) ?? 0) + us);
  }
  return [...spent].map(([part, us]) => ({ part, share: us / total })).sort((a, b) => b.share - a.share);
}

/** A package, a folder of src, a module of Node, or a function of V8. */
function findPart({ functionName, url, ...place }: CallFrame, sourceMaps: SourceMaps): string {
  if (functionName === '(idle)') return WAITING;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'outside of JavaScript';
  if (url.startsWith('node:')) return `Node: ${url.replace(/^node:(internal\/)?/, '').split('/')[0]}`;
  if (!url.startsWith('file:')) return SYSTEM_CALLS.has(functionName) ? 'system calls' : 'functions of V8 and Node';
  const source = sourceMaps.find(url, place.lineNumber, place.columnNumber);
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  return name ?? /src\/[^/]+/.exec(source)?.[0] ?? 'helpers of the bundler';
}

const SYSTEM_CALLS: ReadonlySet<string> = new Set(['writev', 'writeUtf8String', 'writeLatin1String', 'writeString']);

class SourceMaps {
  readonly #maps = new Map<string, SourceMap>();

  /** The source file of a place in a built file. */
  find(url: string, line: number, column: number): string {
    let map = this.#maps.get(url);
    if (!map) {
      map = new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
      this.#maps.set(url, map);
    }
    const entry = map.findEntry(line, column);
    return 'originalSource' in entry ? entry.originalSource : '';
  }
}
