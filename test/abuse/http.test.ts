import { SMUGGLING } from './attacks/smuggling.js';
import { runTheme } from './run.js';

for (const theme of [SMUGGLING]) runTheme(theme);
