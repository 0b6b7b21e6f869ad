/** A secret of the imported configuration: the environment variable that stands for it. */
export interface SecretReference {
  readonly env: string;
  /** Whose it is and what: `client "chat", addons.firebase.private_key`. */
  readonly what: string;
  /** What the export holds; undefined where it holds none. It is for checking only, and is never printed. */
  readonly value: string | undefined;
  /** What to say of it beside. */
  readonly hint?: string | undefined;
}

/** Names environment variables after the owners of secrets, each name once. */
export class SecretNames {
  readonly #taken = new Set<string>();

  /** `["Web app", "client_secret"]` becomes `WEB_APP_CLIENT_SECRET`, a second one `WEB_APP_CLIENT_SECRET_2`. */
  name(owner: string, ...parts: readonly string[]): string {
    const base = [slug(owner), ...parts.map((part) => slug(part.replace(/([a-z])([A-Z])/g, '$1_$2')))].join('_');
    const start = /^[A-Z]/.test(base) ? base : `CLIENT${base.startsWith('_') ? '' : '_'}${base}`;
    let name = start;
    for (let count = 2; this.#taken.has(name); count++) name = `${start}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Upper case, digits and single underscores: what every shell takes. */
function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/gi, '_')
    .slice(0, 48)
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
}

/** A secret that stands in the export; the deploy tool writes `##NAME##` or `@@NAME@@` where it left one out. */
export function secretIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !/^(##|@@)[^#@]*\1$/.test(value) ? value : undefined;
}
