import { type Deps, systemDeps } from '../deps.js';
import { createLog, loadTerminalFormat } from '../observability/log.js';
import type { LogLevel } from '../observability/log-level.js';

/** What a command takes from the outside world: the same as a gateway, and a log for people where a terminal shows it. */
export async function commandDeps(level?: LogLevel): Promise<Deps> {
  return { ...systemDeps(), log: createLog(level, await loadTerminalFormat()) };
}
