import { KEYS } from './attacks/keys.js';
import { SIGNATURES } from './attacks/signatures.js';
import { TOKEN_KINDS } from './attacks/token-kinds.js';
import { TOKEN_SHAPES } from './attacks/token-shapes.js';
import { runTheme } from './run.js';

for (const theme of [SIGNATURES, KEYS, TOKEN_KINDS, TOKEN_SHAPES]) runTheme(theme);
