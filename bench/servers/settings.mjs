import { readFileSync } from 'node:fs';

/** What the bench tells its servers: issuers, keys and secrets (bench/fixtures.ts). */
export const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
