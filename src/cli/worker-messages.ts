/** What the supervisor tells a worker. */
export type ToWorker = 'reload' | 'stop';

/** What a worker tells the supervisor once it listens. */
export interface FromWorker {
  /** `http://host:port` */
  readonly url: string;
}
