import type { KeyObject } from 'node:crypto';
import { isRecord } from '../lib/json.js';
import { importRsaPrivateKey } from './private-key.js';

/** A Google service account, as far as the gateway signs for it. */
export interface ServiceAccount {
  readonly email: string;
  readonly key: KeyObject;
  readonly keyId: string | undefined;
}

/**
 * Reads the JSON file of a Google service account's key: `client_email`, `private_key` and, where it is there,
 * `private_key_id`.
 *
 * @see https://cloud.google.com/iam/docs/keys-create-delete
 *
 * @param importKey imports the RSA private key
 * @throws TypeError whose message continues "expected …", names the members that are missing, and quotes nothing
 */
export function importServiceAccount(text: string, importKey = importRsaPrivateKey): ServiceAccount {
  const account = parseObject(text);
  const read = (name: string) => {
    const value = account?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [email, pem] = [read('client_email'), read('private_key')];
  if (email === undefined || pem === undefined) {
    const missing = ['client_email', 'private_key'].filter((name) => read(name) === undefined);
    throw new TypeError(`${EXPECTED}; this ${account ? `has no ${missing.join(' and no ')}` : 'is no JSON object'}`);
  }
  try {
    return { email, key: importKey(pem), keyId: read('private_key_id') };
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`${EXPECTED}, whose private_key is ${error.message}`) : error;
  }
}

const EXPECTED = 'the JSON file of a Google service account';

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
