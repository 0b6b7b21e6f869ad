import type { KeyObject } from 'node:crypto';
import type { Path } from './path.js';
import type { TenantConfig } from './schema.js';

/** A key of a tenant as it is configured. */
export interface ConfiguredKey {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string | undefined;
  /** Where the certificate is, below the tenant. */
  readonly certificatePath: Path;
}

/** Lists the keys of a tenant, which may be written as `signing_keys` or as `signing_key` and `certificate`. The first one signs. */
export function listSigningKeys({
  signing_key,
  certificate,
  signing_keys,
}: Pick<TenantConfig, 'signing_key' | 'certificate' | 'signing_keys'>): readonly ConfiguredKey[] {
  if (signing_key) return [{ key: signing_key, certificate, certificatePath: ['certificate'] }];
  return (signing_keys ?? []).map((each, index) => ({
    key: each.key,
    certificate: each.certificate,
    certificatePath: ['signing_keys', index, 'certificate'],
  }));
}
