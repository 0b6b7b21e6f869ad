import { Count, Durations, Series } from './series.js';

/** How a call of another service failed. */
export type UpstreamFailure =
  /** The client disconnected, so the call was given up. */
  | 'aborted'
  /** The answer is not of the protocol. */
  | 'invalid'
  /** Status 4xx. */
  | 'refused'
  /** Another status that is no success. */
  | 'status'
  | 'timeout'
  | 'too_long'
  /** Not sent, because too many calls of the same application were under way. */
  | 'too_many_calls'
  | 'unreachable';

/** Takes the end of a call of another service; without a duration it was not sent. */
export type UpstreamObserver = (service: string, durationMs: number | undefined, failure?: UpstreamFailure) => void;

/** What is counted of a delegation: a part of its audit event. */
export interface DelegationFigures {
  readonly tenant: string;
  readonly endpoint: string;
  readonly apiType?: string | undefined;
  /** The code of its error; undefined when it succeeded. */
  readonly code?: string | undefined;
  readonly durationMs?: number;
}

/**
 * Counts what a gateway does, as plain numbers that are read when somebody asks for the metrics. Labels hold only names of
 * the configuration and of the code.
 */
export class Metrics {
  readonly requests = new Series(['endpoint', 'status'], () => new Count());
  readonly delegations = new Series(['tenant', 'endpoint', 'api_type', 'code'], () => new Count());
  readonly delegationDurations = new Series(['endpoint', 'api_type'], () => new Durations());
  readonly limitRefusals = new Series(['tenant', 'limit'], () => new Count());
  readonly upstreamDurations = new Series(['service'], () => new Durations());
  readonly upstreamFailures = new Series(['service', 'kind'], () => new Count());
  readonly reloads = new Series(['result'], () => new Count());
  /** Epoch milliseconds of the last reload that succeeded, or of the start. */
  lastReloadMs: number;
  readonly #apiTypes: ReadonlySet<string>;

  /**
   * @param apiTypes those that a delegation may have; others count as `unknown`
   * @param startedMs epoch milliseconds
   */
  constructor(apiTypes: Iterable<string>, startedMs: number) {
    this.#apiTypes = new Set(apiTypes);
    this.lastReloadMs = startedMs;
    for (const result of ['ok', 'failed']) this.reloads.find(result);
  }

  countRequest(endpoint: string, status: number): void {
    this.requests.find(endpoint, STATUS_CLASSES[Math.floor(status / 100)] ?? 'other').add();
  }

  countDelegation({ tenant, endpoint, apiType, code = 'OK', durationMs }: DelegationFigures): void {
    const known = apiType !== undefined && this.#apiTypes.has(apiType) ? apiType : 'unknown';
    this.delegations.find(tenant, endpoint, known, code).add();
    if (durationMs !== undefined) this.delegationDurations.find(endpoint, known).add(durationMs / 1000);
  }

  /** @param limit `attempts`, or the name of the policy of a bucket */
  countRefusal(tenant: string, limit: string, requests = 1): void {
    this.limitRefusals.find(tenant, limit).add(requests);
  }

  readonly observeUpstream: UpstreamObserver = (service, durationMs, failure) => {
    if (durationMs !== undefined) this.upstreamDurations.find(service).add(durationMs / 1000);
    if (failure !== undefined) this.upstreamFailures.find(service, failure).add();
  };

  /** @param nowMs epoch milliseconds */
  countReload(succeeded: boolean, nowMs: number): void {
    this.reloads.find(succeeded ? 'ok' : 'failed').add();
    if (succeeded) this.lastReloadMs = nowMs;
  }
}

const STATUS_CLASSES = [undefined, '1xx', '2xx', '3xx', '4xx', '5xx'] as const;
