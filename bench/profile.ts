import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFixtures } from './fixtures.js';
import { serveGateway, writeGatewayConfig } from './gateway-config.js';
import { installPackages } from './install-packages.js';
import { measureLoad } from './load.js';
import { printTable } from './print-table.js';
import { delegation } from './requests.js';
import { startServer } from './server-process.js';

const USERS = 5_000;
const WARM_UP_MS = 8_000;
const WINDOW_MS = 8_000;

/** The part of https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile that is read here. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** The node that was on top, by sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before, by sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

/** Prints how the main thread spent the window, by where the code comes from. Time in which it waited is left out. */
function printProfile({ nodes, samples, timeDeltas }: Profile, processorUs: number): void {
  const names = new Map(nodes.map((node) => [node.id, describe(node)]));
  const spent = new Map<string, number>();
  let total = 0;
  let left = WINDOW_MS * 1_000;
  for (let index = samples.length - 1; index >= 0 && left > 0; index--) {
    const us = timeDeltas[index] as number;
    left -= us;
    const name = names.get(samples[index] as number) as string;
    if (name === 'waiting') continue;
    total += us;
    spent.set(name, (spent.get(name) ?? 0) + us);
  }
  const rows = [...spent].sort(([, a], [, b]) => b - a).slice(0, byFunction ? 70 : 30);
  const cells = rows.map(([name, us]) => [
    name,
    `${((100 * us) / total).toFixed(1)} %`,
    ((processorUs * us) / total).toFixed(0),
  ]);
  console.log(`${processorUs.toFixed(0)} µs of processor time for a request, with the profiler`);
  printTable(['part', 'share', 'µs'], cells);
}

function describe({ callFrame }: ProfileNode): string {
  const { functionName, url } = callFrame;
  if (functionName === '(idle)') return 'waiting';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'outside of JavaScript';
  const part = findPart(callFrame);
  return byFunction ? `${functionName || 'anonymous'} ${part} ${url.slice(-25)}:${callFrame.lineNumber + 1}` : part;
}

const sourceMaps = new Map<string, SourceMap>();

/** A package, a folder of src, or a module of Node. */
function findPart({ url, lineNumber, columnNumber, functionName }: ProfileNode['callFrame']): string {
  if (url.startsWith('node:'))
    return url
      .replace(/^node:(internal\/)?/, 'node:')
      .split('/')
      .slice(0, 1)
      .join('/');
  if (!url.startsWith('file:')) return byFunction ? 'native' : `native: ${functionName}`;
  let map = sourceMaps.get(url);
  if (!map) {
    map = new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
    sourceMaps.set(url, map);
  }
  const entry = map.findEntry(lineNumber, columnNumber);
  const source = 'originalSource' in entry ? entry.originalSource : url;
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  return (
    name ??
    source
      .replace(/^(\.\.\/)*/, '')
      .split('/')
      .slice(0, 2)
      .join('/')
  );
}

const byFunction = process.argv.includes('--functions');
installPackages((progress) => process.stderr.write(`${progress}\n`));
const fixtures = await createFixtures(USERS);
const folder = mkdtempSync(join(fixtures.folder, 'profile-'));
try {
  const [main = '', ...rest] = serveGateway(writeGatewayConfig(fixtures, 'profile'));
  const server = await startServer(['--cpu-prof', '--cpu-prof-dir', folder, main, ...rest], join(folder, 'log'));
  const requests = fixtures.users.map(delegation('HS256', 'api'));
  const expected = { expectedStatus: 200, isExpected: (body: string) => body.includes('"token"') };
  const sample = await measureLoad(server, requests, expected, { rampMs: WARM_UP_MS, windowMs: WINDOW_MS });
  await server.stop();
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile')) ?? '';
  printProfile(JSON.parse(readFileSync(join(folder, file), 'utf8')), sample.processorUs);
} finally {
  rmSync(folder, { recursive: true });
  fixtures.close();
}
