import type { Worker } from 'node:cluster';
import type { MetricsPage, OwnMetricsPage } from '../observability/metrics-page.js';

/** What a worker tells the supervisor: it wants the page of all workers, or it answers with its own part. */
export type MetricsFromWorker =
  | { readonly wantsPage: number }
  | { readonly collected: number; readonly parts: object[] };

/** What the supervisor tells a worker: it wants a part, or answers with the page. */
export type MetricsToWorker = { readonly collect: number } | { readonly page: string; readonly wanted: number };

/** How long the supervisor waits for the part of a worker, and a worker for the page. */
const PART_TIMEOUT_MS = 1_000;
const PAGE_TIMEOUT_MS = 3_000;

/** The page of all workers, whichever of them is asked for it. This runs in a worker. */
export function sharePage(own: OwnMetricsPage): MetricsPage {
  const waiting = new Map<number, (page: string) => void>();
  const send = (message: MetricsFromWorker) => void process.send?.(message);
  let last = 0;
  process.on('message', (message: MetricsToWorker | string) => {
    if (typeof message === 'string') return;
    if ('collect' in message) void own.readParts().then((parts) => send({ collected: message.collect, parts }));
    else waiting.get(message.wanted)?.(message.page);
  });
  return {
    contentType: own.contentType,
    render: () =>
      new Promise((resolve, reject) => {
        const wantsPage = ++last;
        const end = () => {
          clearTimeout(timer);
          waiting.delete(wantsPage);
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error('The supervisor did not answer'));
        }, PAGE_TIMEOUT_MS);
        waiting.set(wantsPage, (page) => {
          end();
          resolve(page);
        });
        send({ wantsPage });
      }),
  };
}

let collections = 0;

/** Sends a worker the page of all workers, when it wants one. One that does not answer in time is left out. */
export async function answerWorker(
  worker: Worker,
  message: MetricsFromWorker,
  workers: Iterable<Worker>,
): Promise<void> {
  if (!('wantsPage' in message)) return;
  const id = ++collections;
  const found = await Promise.all([...workers].map((each) => askForPart(each, id)));
  const { renderTogether } = await import('../observability/metrics-page.js');
  const page = await renderTogether(found.filter((parts) => parts !== undefined));
  tell(worker, { page, wanted: message.wantsPage });
}

function askForPart(worker: Worker, id: number): Promise<object[] | undefined> {
  return new Promise((resolve) => {
    const end = (parts?: object[]) => {
      clearTimeout(timer);
      worker.off('message', hear);
      resolve(parts);
    };
    const hear = (message: MetricsFromWorker) => {
      if ('collected' in message && message.collected === id) end(message.parts);
    };
    const timer = setTimeout(end, PART_TIMEOUT_MS);
    worker.on('message', hear);
    tell(worker, { collect: id });
  });
}

function tell(worker: Worker, message: MetricsToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
