import { setTimeout as wait } from 'node:timers/promises';
import { parseRedirect, parseSlots, type SlotRange } from './cluster-slots.js';
import { type Availability, buildProbe, KEY_PREFIX, type RedisCommands } from './commands.js';
import type { RedisEndpoint } from './endpoint.js';
import { describeFailure, RedisReplyError, StoreUnavailableError } from './errors.js';
import { keySlot, SLOTS } from './key-slot.js';
import { Link, type Reply } from './link.js';
import { RedisNode } from './node.js';

const MAX_REDIRECTS = 3;
/** Pauses between questions for the nodes: while all of them are available, and while some are not. */
const CALM_REFRESH_MS = 10_000;
const REFRESH_MS = 400;
const SLOTS_COMMAND = ['CLUSTER', 'SLOTS'];
/** Keys to try for a probe. One node of a thousand has none of them with a probability of 10^-43. */
const PROBE_KEYS = 100_000;

interface ClusterNode {
  readonly endpoint: RedisEndpoint;
  readonly node: RedisNode;
}

/**
 * The nodes of a cluster that take writes, with a connection to each. A command goes to the node of its slot, and goes to
 * another one where that node says that the slot is there: then it was not executed.
 */
export class RedisCluster implements RedisCommands {
  readonly firstAttempt: Promise<void>;
  readonly #seeds: readonly RedisEndpoint[];
  readonly #onChange: (availability: Availability) => void;
  readonly #stop = new AbortController();
  /** By address. */
  readonly #nodes = new Map<string, ClusterNode>();
  /** The address of the node of each slot. */
  #owners: readonly (string | undefined)[] = [];
  #failure = 'is not connected yet';
  #reported: Availability['status'] | undefined;
  /** Whether the first attempt to connect to the nodes has ended. */
  #isKnown = false;
  #wake: () => void = () => {};

  /** @param seeds some of the nodes; the login of the first one is used at all of them */
  constructor(seeds: readonly RedisEndpoint[], onChange: (availability: Availability) => void) {
    this.#seeds = seeds;
    this.#onChange = onChange;
    this.firstAttempt = new Promise((resolve) => void this.#keepRefreshed(resolve));
  }

  get availability(): Availability {
    const all = [...this.#nodes.values()].map(({ node }) => node.availability);
    const missing = all.filter(({ status }) => status !== 'ok');
    if (missing.length === all.length) {
      const reason = missing.flatMap((each) => (each.status === 'ok' ? [] : [each.reason]))[0] ?? this.#failure;
      return { status: 'down', reason };
    }
    if (missing.length > 0) {
      return { status: 'partial', reason: `lacks ${missing.length} of the ${all.length} nodes of its cluster` };
    }
    return this.#owners.includes(undefined)
      ? { status: 'partial', reason: 'has no node for some slots of its cluster' }
      : { status: 'ok' };
  }

  async send(key: string, args: readonly string[]): Promise<Reply> {
    let node = this.#nodes.get(this.#owners[keySlot(key)] ?? '')?.node;
    if (!node) throw new StoreUnavailableError('has no node for a slot of its cluster');
    let commands = [args];
    for (let redirects = 0; ; redirects++) {
      try {
        return await node.send(...commands);
      } catch (error) {
        const target = error instanceof RedisReplyError ? parseRedirect(error.message) : undefined;
        if (!target || redirects === MAX_REDIRECTS) throw error;
        if (!target.isTemporary) this.#wake();
        commands = target.isTemporary ? [['ASKING'], args] : [args];
        node = this.#findNode(target).node;
        await node.firstAttempt;
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#nodes.values()].map(({ node }) => node.close()));
  }

  async #keepRefreshed(attempted: () => void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        this.#apply(await this.#askForSlots());
      } catch (error) {
        this.#failure = describeFailure(error);
      }
      await Promise.all([...this.#nodes.values()].map(({ node }) => node.firstAttempt));
      this.#isKnown = true;
      this.#report();
      attempted();
      const pauseMs = this.availability.status === 'ok' ? CALM_REFRESH_MS : REFRESH_MS;
      await Promise.race([woken, wait(pauseMs, undefined, { signal, ref: false }).catch(() => {})]);
    }
  }

  /** Asks a node that is available, else all nodes that are known. @throws the first failure */
  async #askForSlots(): Promise<SlotRange[]> {
    const nodes = [...this.#nodes.values()];
    const available = nodes.find(({ node }) => node.availability.status === 'ok');
    if (available) return parseSlots(await available.node.send(SLOTS_COMMAND), available.endpoint.host);
    try {
      return await Promise.any([...this.#seeds, ...nodes.map(({ endpoint }) => endpoint)].map(askForSlots));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  #apply(ranges: readonly SlotRange[]): void {
    if (this.#stop.signal.aborted) return;
    const owners: (string | undefined)[] = Array(SLOTS).fill(undefined);
    for (const range of ranges) owners.fill(toAddress(range), range.first, range.last + 1);
    this.#owners = owners;
    for (const range of ranges) this.#findNode(range);
    const current = new Set(owners);
    for (const [address, { node }] of this.#nodes) {
      if (current.has(address)) continue;
      this.#nodes.delete(address);
      void node.close();
    }
  }

  #findNode({ host, port }: Pick<RedisEndpoint, 'host' | 'port'>): ClusterNode {
    const [seed] = this.#seeds;
    if (!seed) throw new TypeError('A cluster needs a node to begin with');
    const endpoint = { ...seed, host: host || seed.host, port };
    const address = toAddress(endpoint);
    const known = this.#nodes.get(address);
    if (known) return known;
    const node = new RedisNode({
      locate: () => endpoint,
      probe: () => this.#buildProbe(address),
      onChange: () => {
        this.#report();
        this.#wake();
      },
    });
    const created = { endpoint, node };
    this.#nodes.set(address, created);
    return created;
  }

  /** A probe with a key of the node. */
  #buildProbe(address: string): readonly string[] {
    for (let number = 0; number < PROBE_KEYS; number++) {
      const key = `${KEY_PREFIX}:probe:${number}`;
      if (this.#owners[keySlot(key)] === address) return buildProbe(key);
    }
    return ['PING'];
  }

  #report(): void {
    const { availability } = this;
    if (!this.#isKnown || availability.status === this.#reported) return;
    this.#reported = availability.status;
    this.#onChange(availability);
  }
}

function toAddress({ host, port }: Pick<RedisEndpoint, 'host' | 'port'>): string {
  return `${host}:${port}`;
}

async function askForSlots(endpoint: RedisEndpoint): Promise<SlotRange[]> {
  const link = await Link.open(endpoint);
  try {
    return parseSlots(await link.send(SLOTS_COMMAND), endpoint.host);
  } finally {
    link.destroy();
  }
}
