import type { GatewayConfig } from '../config/load.js';
import type { Deps } from '../deps.js';
import { connect } from './connect.js';
import type { Finding } from './finding.js';
import { probeKeys } from './probe-keys.js';
import { probeMetadata } from './probe-metadata.js';
import { probeTokenEndpoint } from './probe-token-endpoint.js';
import type { Probe } from './probes.js';
import { createClockReader } from './server-clock.js';
import { listServices, type Service, type ServiceKind } from './services.js';

/** Origins that are asked at the same time, and services of one origin. */
const MAX_ORIGINS = 32;
const MAX_OF_ORIGIN = 4;
/** Half a minute is what tokens that were issued just now, and short-lived assertions, cannot have. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 30;

const PROBES: Readonly<Record<ServiceKind, Probe>> = {
  keys: probeKeys,
  metadata: probeMetadata,
  tokenEndpoint: probeTokenEndpoint,
  // A request of its protocol would need a signature.
  addon: async () => [],
};

/** How many services of how many have been asked. */
export interface Progress {
  done: number;
  total: number;
}

/**
 * Asks every service that a configuration names, in parallel. Of an origin that cannot be connected to, one finding says
 * so. Sends no secret, and nothing that changes anything.
 *
 * @param progress is kept up to date meanwhile
 */
export async function askServices(
  config: GatewayConfig,
  deps: Pick<Deps, 'fetch' | 'now'>,
  progress: Progress = { done: 0, total: 0 },
): Promise<Finding[]> {
  const services = listServices(config);
  progress.total = services.length;
  return mapBounded([...groupByOrigin(services)], MAX_ORIGINS, async ([origin, ofOrigin]) => {
    const findings = await askOrigin(origin, ofOrigin, deps);
    progress.done += ofOrigin.length;
    return findings;
  });
}

function groupByOrigin(services: readonly Service[]): Map<string, Service[]> {
  const groups = new Map<string, Service[]>();
  for (const service of services) {
    const { origin } = new URL(service.url);
    const group = groups.get(origin);
    if (group) group.push(service);
    else groups.set(origin, [service]);
  }
  return groups;
}

async function askOrigin(
  origin: string,
  services: readonly Service[],
  deps: Pick<Deps, 'fetch' | 'now'>,
): Promise<Finding[]> {
  const needed = services.find(({ kind }) => kind !== 'metadata');
  const path = (needed ?? services[0])?.places[0].path ?? [];
  const warning = (text: string): Finding => ({ level: 'warning', path, text: `${origin}: ${text}` });
  const { description, warning: notice, failure } = await connect(origin, deps.now());
  if (failure !== undefined)
    return [{ ...warning(failure + countPlaces(services)), level: needed ? 'error' : 'warning' }];
  const clock = createClockReader(deps);
  const findings = await mapBounded(services, MAX_OF_ORIGIN, (service) => PROBES[service.kind](service, clock.fetch));
  const seconds = clock.secondsAhead();
  const difference = seconds === undefined ? '' : `; its clock is ${describeDifference(seconds)}`;
  return [
    { level: 'found', path, text: `${origin}: ${description}${difference}` },
    ...findings,
    ...(notice === undefined ? [] : [warning(notice)]),
    ...(seconds !== undefined && Math.abs(seconds) > MAX_CLOCK_DIFFERENCE_SECONDS
      ? [
          warning(
            `its clock is ${describeDifference(seconds)}: one of them is wrong, and tokens may be refused for their times`,
          ),
        ]
      : []),
  ];
}

function describeDifference(seconds: number): string {
  if (seconds === 0) return 'that of this machine';
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} that of this machine`;
}

function countPlaces(services: readonly Service[]): string {
  const places = services.reduce((sum, service) => sum + service.places.length, 0);
  return places > 1 ? `; ${places} settings need it` : '';
}

/** Maps every item with at most `limit` calls under way, and joins the results in the order of the items. */
async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: (readonly Result[])[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results.flat();
}
