import { CLIENT_AUTHENTICATION } from './attacks/client-authentication.js';
import { runTheme } from './run.js';

for (const theme of [CLIENT_AUTHENTICATION]) runTheme(theme);
