import { SIGNATURES } from './attacks/signatures.js';
import { runTheme } from './run.js';

runTheme(SIGNATURES);
