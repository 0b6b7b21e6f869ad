import { HTTP } from './attacks/http.js';
import { INJECTION } from './attacks/injection.js';
import { SERVICES } from './attacks/services.js';
import { SMUGGLING } from './attacks/smuggling.js';
import { runTheme } from './run.js';

for (const theme of [HTTP, SMUGGLING, INJECTION, SERVICES]) runTheme(theme);
