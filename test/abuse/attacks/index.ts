import type { Theme } from '../attack.js';
import { CHAIN_ENDS } from './chain-ends.js';
import { CHAINS } from './chains.js';
import { CLIENT_AUTHENTICATION } from './client-authentication.js';
import { DOCUMENTS } from './documents.js';
import { HTTP } from './http.js';
import { INJECTION } from './injection.js';
import { ISSUERS } from './issuers.js';
import { KEYS } from './keys.js';
import { REFRESH_TOKENS } from './refresh-tokens.js';
import { SERVICES } from './services.js';
import { SIGNATURES } from './signatures.js';
import { SMUGGLING } from './smuggling.js';
import { TENANTS_AND_NAMES } from './tenants.js';
import { TOKEN_KINDS } from './token-kinds.js';
import { TOKEN_SHAPES } from './token-shapes.js';
import { VOLUME } from './volume.js';

/** All rows of the suite, as docs/security.md lists them. */
export const THEMES: readonly Theme[] = [
  SIGNATURES,
  KEYS,
  TOKEN_KINDS,
  TOKEN_SHAPES,
  CHAINS,
  CHAIN_ENDS,
  CLIENT_AUTHENTICATION,
  REFRESH_TOKENS,
  ISSUERS,
  TENANTS_AND_NAMES,
  HTTP,
  SMUGGLING,
  INJECTION,
  SERVICES,
  VOLUME,
  DOCUMENTS,
];
