import type { Theme } from '../attack.js';
import { SIGNATURES } from './signatures.js';

/** All rows of the suite, as docs/security.md lists them. */
export const THEMES: readonly Theme[] = [SIGNATURES];
