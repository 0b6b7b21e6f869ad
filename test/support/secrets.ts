/** Characters in a row that give a secret away. Whatever repeats twice as many is sure to be found. */
const FRAGMENT = 20;
/** Shorter secrets would be found in innocent words. */
const SHORTEST = 8;
const RUNS = /[\w+/=~-]+/g;

/** Keeps the secrets of a test file, and looks for them in what the gateway wrote. */
export interface SecretWatch {
  /**
   * Remembers a key, a secret or a token. Of a JWT the header counts as public, of a SAS all but its signature. What is
   * kept by a test is forgotten after its file; what is kept by a module while it is imported never is.
   */
  keep(kind: string, secret: string): void;
  /** Remembers what later files use too, although a test made it. */
  keepForGood(kind: string, secret: string): void;
  /** Call it before the tests of a file run, and after its modules were imported. */
  startFile(): void;
  endFile(): void;
  /** Remembers a text that must hold no secret: a line of a log, an error, what a process printed. */
  observe(where: string, text: string): void;
  /** Which texts hold which kinds of secret. It forgets the texts, not the secrets, and repeats neither. */
  takeLeaks(): string[];
}

/** The kinds of secrets. */
class Kinds {
  readonly byFragment = new Map<string, string>();
  readonly byShortSecret = new Map<string, string>();

  add(kind: string, secret: string): void {
    for (const part of secretParts(secret)) {
      const long = (part.match(RUNS) ?? []).filter((run) => run.length >= FRAGMENT);
      if (long.length === 0 && part.length >= SHORTEST) this.byShortSecret.set(part, kind);
      for (const run of long) {
        for (let at = 0; at + FRAGMENT <= run.length; at += FRAGMENT)
          this.byFragment.set(run.slice(at, at + FRAGMENT), kind);
        this.byFragment.set(run.slice(-FRAGMENT), kind);
      }
    }
  }

  findShort(text: string): string | undefined {
    for (const [secret, kind] of this.byShortSecret) if (text.includes(secret)) return kind;
    return undefined;
  }

  clear(): void {
    this.byFragment.clear();
    this.byShortSecret.clear();
  }
}

export function secretWatch(): SecretWatch {
  const forGood = new Kinds();
  const ofFile = new Kinds();
  let current = forGood;
  let observed: { readonly where: string; readonly text: string }[] = [];
  const kindIn = (text: string): string | undefined => {
    const short = forGood.findShort(text) ?? ofFile.findShort(text);
    if (short !== undefined) return short;
    // All tokens of an issuer begin alike: what most of the fragments are of is what leaked.
    const tally = new Map<string, number>();
    for (const [run] of text.matchAll(RUNS)) {
      for (let at = 0; at + FRAGMENT <= run.length; at++) {
        const fragment = run.slice(at, at + FRAGMENT);
        const kind = ofFile.byFragment.get(fragment) ?? forGood.byFragment.get(fragment);
        if (kind !== undefined) tally.set(kind, (tally.get(kind) ?? 0) + 1);
      }
    }
    return [...tally].sort(([, a], [, b]) => b - a)[0]?.[0];
  };
  return {
    keep: (kind, secret) => current.add(kind, secret),
    keepForGood: (kind, secret) => forGood.add(kind, secret),
    startFile() {
      current = ofFile;
    },
    endFile() {
      current = forGood;
      ofFile.clear();
    },
    observe(where, text) {
      observed.push({ where, text });
    },
    takeLeaks() {
      const texts = observed;
      observed = [];
      return texts.flatMap(({ where, text }) => {
        const kind = kindIn(text);
        return kind === undefined ? [] : [`${kind} in ${where}`];
      });
    },
  };
}

function secretParts(secret: string): string[] {
  const pem = /-----BEGIN [A-Z ]+-----([^-]+)-----END/.exec(secret.replaceAll('\\n', '\n'));
  if (pem) return [pem[1] as string];
  const signature = /(?:^|[ ?&])sig=([^&]+)/.exec(secret)?.[1];
  if (signature !== undefined) return [signature, decodeURIComponent(signature)];
  const jwt = secret.split('.');
  return jwt.length >= 3 ? jwt.slice(1) : [secret];
}

/** The watch of this process, which no-secrets.ts questions after each test. */
export const secrets: SecretWatch = secretWatch();

const SECRET_SETTING = /secret|private_?key|signing_key|^key$|masterkey|storageAccessKey|sasKey|servicePassword/i;
const PUBLIC_SETTING = /secret_encoded|private_key_id|sasKeyName/;
const SECRET_FIELD = /token$|assertion$|client_secret|^secret$|secretAccessKey|_sas$/i;

/** Keeps every secret that stands in the document of a configuration. */
export function keepConfigured(document: unknown): void {
  eachText(document, (name, text) => {
    if (SECRET_SETTING.test(name) && !PUBLIC_SETTING.test(name)) secrets.keep(`the configured ${name}`, text);
  });
}

/** Keeps every token, secret and assertion that a message is sent with, to the gateway or to a service behind it. */
export function keepSent(message: unknown): void {
  eachText(message, (name, text) => {
    if (SECRET_FIELD.test(name) && text.length >= FRAGMENT) secrets.keep(`the sent ${name}`, text);
    if (/^authorization$/i.test(name)) keepBasicCredentials(text);
  });
}

function keepBasicCredentials(header: string): void {
  const [, encoded] = /^basic +(\S+)/i.exec(header) ?? [];
  if (encoded === undefined) return;
  const secret = Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
  for (const each of [encoded, secret]) if (each.length >= FRAGMENT) secrets.keep('the sent Basic credentials', each);
}

/** Keeps the credentials of an answer, and observes its headers and its errors. */
export function watchAnswer({ status, headers }: Response, text: string): void {
  secrets.observe(`the headers of a ${status}`, JSON.stringify([...headers]));
  if (!/\bjson\b/.test(headers.get('content-type') ?? '')) {
    if (status >= 400) secrets.observe(`a ${status}`, text);
    return;
  }
  const body = JSON.parse(text);
  if (body?.errors !== undefined || body?.error !== undefined) {
    const { data: _credentials, ...rest } = body;
    secrets.observe(`the errors of a ${status}`, JSON.stringify(rest, rotatedTokenLeftOut));
  }
  eachText(body, (name, value) => {
    if (SECRET_FIELD.test(name) && value.length >= FRAGMENT) secrets.keep(`the issued ${name}`, value);
  });
}

/** A rotated refresh token is the one secret that an error has to carry. */
function rotatedTokenLeftOut(name: string, value: unknown): unknown {
  return /^refresh_?token$/i.test(name) ? undefined : value;
}

function eachText(value: unknown, visit: (name: string, text: string) => void, name = ''): void {
  if (typeof value === 'string') visit(name, value);
  else if (Array.isArray(value)) for (const each of value) eachText(each, visit, name);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) eachText(each, visit, /^(env|file)$/.test(key) ? '' : key);
  }
}
