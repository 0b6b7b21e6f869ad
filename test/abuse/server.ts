import { afterAll } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { createGateway } from '../../src/gateway.js';
import { serve } from '../../src/server.js';
import { callerConfig } from '../support/caller.js';
import { type TestClock, testClock } from '../support/clock.js';
import { baseConfig, type ConfigDocument, ISSUER } from '../support/gateway.js';
import { type RecordingLog, recordingLog } from '../support/log.js';
import { keepConfigured, keepSent, watchAnswer } from '../support/secrets.js';
import { startUpstreams, type Upstreams } from './upstreams.js';
import { type HttpAnswer, type HttpRequest, keepAliveAgent, sendRequest } from './wire.js';

/** A configuration of the gateway, that of test/support/caller.ts with changes. */
export interface Setting {
  readonly change?: (config: ConfigDocument, upstreams: Upstreams) => void;
  /** Whether every row gets a server of its own, because it moves the clock or changes what the gateway remembers. */
  readonly fresh?: boolean;
  /** The identity providers whose users a row may be charged to; each must be one of `web`. Default: the usual one. */
  readonly issuers?: readonly string[];
}

export interface AbuseServer {
  readonly setting: Setting;
  readonly port: number;
  readonly clock: TestClock;
  readonly log: RecordingLog;
  readonly upstreams: Upstreams;
  /** Sends a request over HTTP. The answer is searched for secrets. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The same as if it came from 127.0.0.1, without HTTP: for what is no part of an attack. */
  fetch(request: Request): Promise<string>;
  /** Takes another configuration, as `serve` does when the file has changed. */
  reload(setting: Setting): Promise<void>;
  close(): Promise<void>;
}

export const DEFAULT_ISSUERS: readonly string[] = [ISSUER];

/** Starts the real server on a free port of 127.0.0.1. Only its clock, and where its logs go, belong to the tests. */
export async function startServer(setting: Setting): Promise<AbuseServer> {
  const upstreams = await startUpstreams();
  const clock = testClock();
  const log = recordingLog();
  const { openAuditLog } = log;
  const gateway = await createGateway(buildConfig(setting, upstreams), { now: clock.now, log, openAuditLog });
  const server = await serve(gateway, { host: '127.0.0.1', port: 0, quietMs: 20 });
  const agent = keepAliveAgent();
  return {
    setting,
    port: server.port,
    clock,
    log,
    upstreams,
    async send(request) {
      keepSent(request.headers);
      const answer = await sendRequest(server.port, agent, request);
      const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, `${value}`]);
      watchAnswer(new Response(null, { status: answer.status, headers }), answer.text);
      return answer;
    },
    async fetch(request) {
      keepSent(Object.fromEntries(request.headers));
      const response = await gateway.fetch(request, { remoteAddress: '127.0.0.1' });
      const text = await response.text();
      watchAnswer(response, text);
      return text;
    },
    reload: (next) => gateway.reload(buildConfig(next, upstreams)),
    async close() {
      agent.destroy();
      await server.close();
      await upstreams.close();
    },
  };
}

/** The limits are so high that only rows about limits reach one. */
function buildConfig({ change }: Setting, upstreams: Upstreams): ReturnType<typeof parseConfig> {
  const config = callerConfig(baseConfig() as ConfigDocument);
  config.rate_limit = { burst: 10_000, per_user: false, attempts_per_minute: 10_000 };
  change?.(config, upstreams);
  keepConfigured(config);
  return parseConfig(config);
}

/**
 * Shares servers between the rows of a test file: one for each setting and key. All are closed after the last test.
 *
 * @returns a function that finds or starts a server
 */
export function sharedServers(): (setting: Setting, key: string) => Promise<AbuseServer> {
  const shared = new Map<Setting, Map<string, Promise<AbuseServer>>>();
  const started: Promise<AbuseServer>[] = [];
  afterAll(async () => {
    for (const server of started) await (await server).close();
  });
  return (setting, key) => {
    const byKey = shared.get(setting) ?? new Map<string, Promise<AbuseServer>>();
    shared.set(setting, byKey);
    const found = setting.fresh ? undefined : byKey.get(key);
    if (found) return found;
    const server = startServer(setting);
    started.push(server);
    byKey.set(key, server);
    return server;
  };
}
