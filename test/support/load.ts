import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

export interface LoadOptions {
  readonly url: string;
  /** For a URL with https. */
  readonly tls?: { readonly ca: string; readonly servername: string };
  readonly requests: number;
  /** Whether to send more than that. */
  goesOn?(): boolean;
  /** Requests under way at the same time, each on a connection that is kept alive. */
  readonly connections: number;
  buildRequest(index: number): { readonly headers: Record<string, string>; readonly body: string };
  /** Is called with the number of answers after each of them. */
  onAnswer?(answers: number): void;
}

export interface LoadResult {
  /** The number of answers by status. */
  readonly statuses: Record<string, number>;
  /** The errors of requests that were sent and not answered. */
  readonly lost: string[];
}

/** Sends requests as a balancer does: one that could not connect is tried again, and one that was sent is not. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const { url, tls, requests, connections, goesOn = () => false, buildRequest, onAnswer } = options;
  const settings = { keepAlive: true, maxSockets: connections };
  const agent = tls ? new https.Agent({ ...settings, ...tls }) : new http.Agent(settings);
  const statuses: Record<string, number> = {};
  const lost: string[] = [];
  let next = 0;
  let answers = 0;
  async function sendInTurn(): Promise<void> {
    while (next < requests || goesOn()) {
      const { headers, body } = buildRequest(next++);
      try {
        const status = await sendUntilConnected(url, agent, headers, body);
        statuses[status] = (statuses[status] ?? 0) + 1;
      } catch (error) {
        lost.push(String(error));
      }
      onAnswer?.(++answers);
    }
  }
  await Promise.all(Array.from({ length: connections }, sendInTurn));
  agent.destroy();
  return { statuses, lost };
}

async function sendUntilConnected(...args: Parameters<typeof post>): Promise<number> {
  for (;;) {
    try {
      return await post(...args);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await setTimeout(10);
    }
  }
}

function post(url: string, agent: http.Agent, headers: Record<string, string>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { request } = agent instanceof https.Agent ? https : http;
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      text(answer).then(() => resolve(answer.statusCode ?? 0), reject);
    });
    sent.once('error', reject).end(body);
  });
}
