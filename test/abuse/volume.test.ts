import { DOCUMENTS } from './attacks/documents.js';
import { VOLUME } from './attacks/volume.js';
import { runTheme } from './run.js';

for (const theme of [VOLUME, DOCUMENTS]) runTheme(theme);
