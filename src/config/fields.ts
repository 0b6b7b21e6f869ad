import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import type { ConfigFields } from '../addons/addon.js';
import { type ClaimMap, ClaimPath } from '../addons/shared/claim-path.js';
import { KeySet } from '../keys/key-set.js';
import { importRsaPrivateKey, normalizePem } from '../keys/private-key.js';
import { importServiceAccount } from '../keys/service-account.js';
import type { ReadSecret } from './secrets.js';
import { strictObject } from './strict-object.js';

/** The schemas that add-ons get, and those that only the rest of the configuration needs. */
export interface GatewayFields extends ConfigFields {
  /** An X.509 certificate in PEM form, with plain line feeds. */
  certificate(): z.ZodType<string>;
  /** An ISO 8601 time with a zone, as epoch seconds. */
  time(): z.ZodType<number>;
  /** The absolute path of a file to write to; its folder exists, and this user may write to it. */
  outputFile(): z.ZodType<string>;
  /** A JWKS, as `{ file: path }` or inline, with its keys imported. */
  jwks(): z.ZodType<KeySet>;
}

/**
 * Creates the schemas of single fields, from which the schema of the configuration is composed.
 *
 * @param readSecret resolves `{ env }` and `{ file }`; throws a TypeError whose message continues "expected …"
 * @param folder what the paths of files to write are relative to
 * @param importKey imports an RSA private key
 */
export function createConfigFields(
  readSecret: ReadSecret,
  folder = process.cwd(),
  importKey: typeof importRsaPrivateKey = importRsaPrivateKey,
): GatewayFields {
  const name = z.string().min(1);
  const source = z
    .union([z.string(), strictObject({ env: name.meta(ENV) }), strictObject({ file: name.meta(FILE) })], {
      error: 'a string, { env: NAME } or { file: path }',
    })
    .describe('A secret: its text, { env: NAME } or { file: path }.');
  const jwks = z
    .union(
      [
        strictObject({ file: name.meta(FILE) }),
        strictObject({ keys: z.array(z.looseObject({})).describe('The keys, each a JWK (RFC 7517).') }),
      ],
      {
        error: '{ file: path } or { keys: [ … ] }',
      },
    )
    .transform(reportThrown((given) => KeySet.fromJwks('file' in given ? parseJson(readSecret(given)) : given)));
  const text = () => source.transform(reportThrown(readSecret));
  return {
    object: (shape) => strictObject(shape),
    secret: (check) =>
      check ? text().refine((value) => check.pattern.test(value), { error: check.expected }) : text(),
    certificate: () => text().transform(reportThrown(importCertificate)),
    jwks: () => jwks,
    time: () =>
      z.iso
        .datetime({ offset: true, error: 'an ISO 8601 time with a zone, such as 2026-01-01T00:00:00Z' })
        .transform((text) => Date.parse(text) / 1000),
    outputFile: () =>
      z
        .string()
        .meta({ description: 'The file, relative to the folder of the configuration.' })
        .refine((path) => isWritableFile(resolve(folder, path)), {
          error: 'a file that this user may write, in a folder that exists',
        })
        .transform((path) => resolve(folder, path)),
    rsaPrivateKey: () => text().transform(reportThrown(importKey)),
    serviceAccount: () => text().transform(reportThrown((json) => importServiceAccount(json, importKey))),
    url: () =>
      z
        .string()
        .refine(isAllowedUrl, { error: 'an https URL without credentials or fragment (http for loopback hosts only)' })
        .meta({ format: 'uri' }),
    claimPath: () => claimPath,
    claimMap,
  };
}

const ENV = { description: 'The environment variable that holds it.' };
const FILE = { description: 'The file that holds it, relative to the folder of the configuration.' };

/** Makes a transform of a function that throws: what it throws becomes an issue, with the message as what was expected. */
function reportThrown<In, Out>(convert: (given: In) => Out) {
  return (given: In, { addIssue }: z.core.$RefinementCtx<In>): Out => {
    try {
      return convert(given);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  };
}

/** @throws TypeError whose message continues "expected …" and holds nothing of the text */
function importCertificate(pem: string): string {
  const text = normalizePem(pem);
  try {
    new X509Certificate(text);
  } catch {
    throw new TypeError('an X.509 certificate in PEM form');
  }
  return text;
}

/** Whether a file can be written, or created in a folder that exists. */
function isWritableFile(path: string): boolean {
  try {
    const exists = existsSync(path);
    accessSync(exists ? path : dirname(path), constants.W_OK);
    return !exists || !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('a file that holds JSON');
  }
}

const claimPath = z
  .string()
  .min(1)
  .describe('A path into the claims of the caller: email, app_metadata.role.')
  .transform((text) => new ClaimPath(text));

const mappedPath = z.union(
  [
    claimPath,
    strictObject({
      path: claimPath,
      required: z.boolean().default(false).describe('Whether a caller whose token lacks the claim is refused.'),
    }).transform(({ path, required }) => new ClaimPath(path.text, required)),
  ],
  { error: 'a path such as app_metadata.role, or { path, required }' },
);

function claimMap(refused: ReadonlySet<string> = new Set()): z.ZodType<ClaimMap> {
  return z
    .record(z.string().min(1), mappedPath)
    .superRefine((map, { addIssue }) => {
      for (const name of Object.keys(map)) {
        if (refused.has(name)) addIssue({ code: 'custom', path: [name], message: 'a claim name that is not reserved' });
      }
    })
    .transform((map): ClaimMap => Object.entries(map));
}

/** Whether a URL may be configured: https everywhere; http only where the traffic cannot leave the machine. */
export function isAllowedUrl(text: string): boolean {
  // The URL parser removes tabs and line feeds, so that the host would be another than a reader sees.
  if (!URL.canParse(text) || text !== text.trim() || /\p{Cc}/u.test(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password || hash) return false;
  if (protocol === 'https:') return true;
  return (
    protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname))
  );
}
