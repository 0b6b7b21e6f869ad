import { HTTP } from './attacks/http.js';
import { SMUGGLING } from './attacks/smuggling.js';
import { runTheme } from './run.js';

for (const theme of [HTTP, SMUGGLING]) runTheme(theme);
