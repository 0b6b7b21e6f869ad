import { generateKeyPair } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** More than any test file uses of the default size. */
const SIZE = 12;

/** The environment variable that names the file with the private keys of a run, as a list of PEM texts. */
export const RSA_POOL = 'TEST_RSA_POOL';

/** Makes the RSA keys of a run once: each test file would need seconds for its own. Vitest calls it before all files. */
export default async function createRsaPool(): Promise<() => void> {
  const create = promisify(generateKeyPair);
  const pairs = await Promise.all(Array.from({ length: SIZE }, () => create('rsa', { modulusLength: 2048 })));
  const folder = mkdtempSync(join(tmpdir(), 'rsa-pool-'));
  const file = join(folder, 'keys.json');
  const pems = pairs.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file, JSON.stringify(pems), { mode: 0o600 });
  process.env[RSA_POOL] = file;
  return () => rmSync(folder, { recursive: true });
}
