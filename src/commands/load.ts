import { ADDONS } from '../addons/index.js';
import { loadConfig } from '../config/load.js';
import type { GatewayConfig } from '../config/schema.js';
import type { Deps } from '../deps.js';
import { faultsTogether } from '../tenant/compile.js';

/**
 * Reads the configuration for a command that is going to use all of it.
 *
 * @throws ConfigError with every fault: of the file, of its parts, and of what is built from them
 */
export function loadWhole(path: string, deps: Deps): GatewayConfig {
  return loadConfig(path, { together: (draft) => faultsTogether(draft, ADDONS, deps) });
}
