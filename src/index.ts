/**
 * The library: `createGateway(loadConfig('gateway.yaml'))`, and what its callers and add-ons need. To import it starts nothing.
 *
 * @packageDocumentation
 */

export {
  type Addon,
  type AddonContext,
  type AddonDefinition,
  type ConfigFields,
  type Credential,
  defineAddon,
  type IssueRequest,
} from './addons/addon.js';
export { ADDONS } from './addons/index.js';
export { type IdentityClaims, invalidClaim, readUserName } from './addons/shared/claim-checks.js';
export { ConfigError, type Diagnostic } from './config/diagnostics.js';
export { type GatewayConfig, type LoadOptions, loadConfig, parseConfig } from './config/load.js';
export type { AuditEvent } from './delegation/audit-event.js';
export type { Deps } from './deps.js';
export type { ErrorExtensions, GraphqlErrorCode, RateLimitExtension } from './endpoints/graphql/error-extensions.js';
export { DelegationError, type ErrorCode, type ErrorDetails } from './errors.js';
export { type Connection, createGateway, type Gateway, type GatewayOptions } from './gateway.js';
export { createNodeHandler, type NodeHandler } from './node-handler.js';
export type { AuditLog } from './observability/audit-log.js';
export type { Log } from './observability/log.js';
export { type RunningServer, type ServeOptions, serve } from './server.js';
