/** A secret of the imported configuration, and the environment variable that holds it. */
export interface SecretReference {
  readonly env: string;
  /** Its client and its field: `client "chat", addons.firebase.private_key`. */
  readonly description: string;
  /** The value in the export, if it has one. It is only validated, never printed. */
  readonly value: string | undefined;
  /** A remark for the list of secrets. */
  readonly hint?: string | undefined;
}

/** Creates names of environment variables, each one once. */
export class SecretNames {
  readonly #taken = new Set<string>();

  /** Turns `["Web app", "client_secret"]` into `WEB_APP_CLIENT_SECRET`, and a second into `WEB_APP_CLIENT_SECRET_2`. */
  create(owner: string, ...parts: readonly string[]): string {
    const base = [slug(owner), ...parts.map((part) => slug(part.replace(/([a-z])([A-Z])/g, '$1_$2')))].join('_');
    const start = /^[A-Z]/.test(base) ? base : `CLIENT${base.startsWith('_') ? '' : '_'}${base}`;
    let name = start;
    for (let count = 2; this.#taken.has(name); count++) name = `${start}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Reduces a text to upper-case letters, digits and single underscores, which every shell accepts in a name. */
function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/gi, '_')
    .slice(0, 48)
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
}

/** Reads a secret of the export; `##NAME##` and `@@NAME@@` are where Auth0's deploy tool left one out. */
export function readExportedSecret(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !/^(##|@@)[^#@]*\1$/.test(value) ? value : undefined;
}
