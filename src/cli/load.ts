import { ADDONS } from '../addons/index.js';
import { faultsTogether } from '../config/build-tenants.js';
import { loadConfig } from '../config/load.js';
import type { GatewayConfig } from '../config/schema.js';

/**
 * Reads the configuration for a command that is going to use all of it.
 *
 * @throws ConfigError with every fault: of the file, of its parts, and of what is built from them
 */
export function loadWhole(path: string): GatewayConfig {
  return loadConfig(path, { together: (draft) => faultsTogether(draft, ADDONS) });
}
