import { CHAIN_ENDS } from './attacks/chain-ends.js';
import { CHAINS } from './attacks/chains.js';
import { runTheme } from './run.js';

for (const theme of [CHAINS, CHAIN_ENDS]) runTheme(theme);
