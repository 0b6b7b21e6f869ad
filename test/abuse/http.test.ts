import { HTTP } from './attacks/http.js';
import { INJECTION } from './attacks/injection.js';
import { SMUGGLING } from './attacks/smuggling.js';
import { runTheme } from './run.js';

for (const theme of [HTTP, SMUGGLING, INJECTION]) runTheme(theme);
