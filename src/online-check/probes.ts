import type { Deps } from '../deps.js';
import type { Finding } from './finding.js';
import type { Service } from './services.js';

/** Asks one service by requests that change nothing there. It never rejects for what the service does. */
export type Probe = (service: Service, fetch: Deps['fetch']) => Promise<Finding[]>;
