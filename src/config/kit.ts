import { type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { ConfigKit } from '../addons/addon.js';
import { type ClaimMap, type ClaimPath, compileClaimPath } from '../addons/shared/claim-path.js';
import { KeySet } from '../keys/key-set.js';
import { importRsaPrivateKey, normalizePem } from '../keys/private-key.js';
import type { ReadSecret } from './secrets.js';
import { strictObject } from './strict-object.js';

/** The kit that add-ons get, and what the rest of the configuration needs beside it. */
export interface FullKit extends ConfigKit {
  /** An X.509 certificate in PEM form, with plain line feeds. */
  certificate(): z.ZodType<string>;
  /** A JWKS, as `{ file: path }` or inline, with its keys imported. */
  jwks(): z.ZodType<KeySet>;
}

/**
 * The parts that the configuration schema is made of.
 *
 * @param readSecret resolves `{ env }` and `{ file }`; it throws a TypeError whose message continues "expected …"
 */
export function createKit(readSecret: ReadSecret): FullKit {
  const strict = <Shape extends z.ZodRawShape>(shape: Shape) => strictObject(shape);
  const name = z.string().min(1);
  const source = z
    .union([z.string(), strict({ env: name.meta(ENV) }), strict({ file: name.meta(FILE) })], {
      error: 'a string, { env: NAME } or { file: path }',
    })
    .describe('A secret: its text, { env: NAME } or { file: path }.');
  /** What a transform throws becomes its fault, in place of a crash. */
  const expecting =
    <In, Out>(make: (given: In) => Out) =>
    (given: In, { addIssue }: z.core.$RefinementCtx<In>): Out => {
      try {
        return make(given);
      } catch (error) {
        addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    };
  const text = () => source.transform(expecting(readSecret));
  return {
    object: strict,
    secret: (check) =>
      (check
        ? text().refine((value) => check.pattern.test(value), { error: check.expected })
        : text()) as z.ZodType<string>,
    certificate: () => text().transform(expecting(importCertificate)) as z.ZodType<string>,
    jwks: () =>
      z
        .union([strict({ file: name.meta(FILE) }), strict({ keys: z.array(z.looseObject({})) })], {
          error: '{ file: path } or { keys: [ … ] }',
        })
        .transform(
          expecting((given) => KeySet.fromJwks('file' in given ? parseJson(readSecret(given)) : given)),
        ) as unknown as z.ZodType<KeySet>,
    rsaPrivateKey: () => text().transform(expecting(importRsaPrivateKey)) as z.ZodType<KeyObject>,
    url: () =>
      z
        .string()
        .refine(isAllowedUrl, { error: 'an https URL without credentials or fragment (http for loopback hosts only)' })
        .meta({ format: 'uri' }),
    claimPath: () => claimPath as z.ZodType<ClaimPath>,
    claimMap: (refused) => claimMap(refused),
  };
}

const ENV = { description: 'The environment variable that holds it.' };
const FILE = { description: 'The file that holds it, relative to the folder of the configuration.' };

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
  .transform((text) => compileClaimPath(text));

function claimMap(refused: ReadonlySet<string> = new Set()): z.ZodType<ClaimMap> {
  return z
    .record(z.string().min(1), claimPath)
    .superRefine((map, { addIssue }) => {
      for (const name of Object.keys(map)) {
        if (refused.has(name)) addIssue({ code: 'custom', path: [name], message: 'a claim name that is not reserved' });
      }
    })
    .transform((map): ClaimMap => Object.entries(map)) as unknown as z.ZodType<ClaimMap>;
}

/** https everywhere; http only where the traffic cannot leave the machine. */
export function isAllowedUrl(text: string): boolean {
  if (!URL.canParse(text) || text !== text.trim()) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password || hash) return false;
  if (protocol === 'https:') return true;
  return (
    protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname))
  );
}
