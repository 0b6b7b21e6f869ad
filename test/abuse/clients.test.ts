import { CLIENT_AUTHENTICATION } from './attacks/client-authentication.js';
import { REFRESH_TOKENS } from './attacks/refresh-tokens.js';
import { runTheme } from './run.js';

for (const theme of [CLIENT_AUTHENTICATION, REFRESH_TOKENS]) runTheme(theme);
