import type { ConfigurationTheme } from '../configuration-attack.js';
import { CONFIGURATION_FILES } from './configuration-files.js';
import { CONFIGURATION_RULES } from './configuration-rules.js';
import { CONFIGURATION_VALUES } from './configuration-values.js';
import { EXPORTS } from './exports.js';

/** The rows about files of the operator, as docs/security.md lists them. */
export const CONFIGURATION_THEMES: readonly ConfigurationTheme[] = [
  CONFIGURATION_FILES,
  CONFIGURATION_VALUES,
  CONFIGURATION_RULES,
  EXPORTS,
];
