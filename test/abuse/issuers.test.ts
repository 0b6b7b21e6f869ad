import { ISSUERS } from './attacks/issuers.js';
import { TENANTS_AND_NAMES } from './attacks/tenants.js';
import { runTheme } from './run.js';

for (const theme of [ISSUERS, TENANTS_AND_NAMES]) runTheme(theme);
