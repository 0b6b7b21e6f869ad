import { CONFIGURATION_THEMES } from './attacks/configuration.js';
import { runConfigurationTheme } from './run-configuration.js';

for (const theme of CONFIGURATION_THEMES) runConfigurationTheme(theme);
