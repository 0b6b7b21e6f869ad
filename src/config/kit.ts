import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { ConfigKit } from '../addons/addon.js';
import { type ClaimMap, type ClaimPath, compileClaimPath } from '../addons/claim-path.js';
import { KeySet } from '../keys/key-set.js';
import { importRsaPrivateKey } from '../keys/private-key.js';
import { suggest } from './faults.js';
import type { ReadSecret } from './secrets.js';

/** The kit that add-ons get, and what the rest of the configuration needs beside it. */
export interface FullKit extends ConfigKit {
  /** The text of a secret or of a file that is none, such as a certificate. */
  text(): z.ZodType<string>;
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
  const source = z.union([z.string(), strict({ env: z.string().min(1) }), strict({ file: z.string().min(1) })], {
    error: 'a string, { env: NAME } or { file: path }',
  });
  const text = () =>
    source.transform((given, { addIssue }) => {
      try {
        return readSecret(given);
      } catch (error) {
        addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    });
  return {
    object: strict,
    text,
    secret: (check) =>
      (check
        ? text().refine((value) => check.pattern.test(value), { error: check.expected })
        : text()) as z.ZodType<string>,
    jwks: () =>
      z
        .union([strict({ file: z.string().min(1) }), strict({ keys: z.array(z.looseObject({})) })], {
          error: '{ file: path } or { keys: [ … ] }',
        })
        .transform((given, { addIssue }): KeySet => {
          try {
            return KeySet.fromJwks('file' in given ? parseJson(readSecret(given)) : given);
          } catch (error) {
            addIssue({ code: 'custom', message: (error as Error).message });
            return z.NEVER;
          }
        }) as unknown as z.ZodType<KeySet>,
    rsaPrivateKey: () =>
      text().transform((pem, { addIssue }): KeyObject => {
        try {
          return importRsaPrivateKey(pem);
        } catch (error) {
          addIssue({ code: 'custom', message: (error as Error).message });
          return z.NEVER;
        }
      }) as z.ZodType<KeyObject>,
    url: () =>
      z
        .string()
        .refine(isAllowedUrl, { error: 'an https URL without credentials or fragment (http for loopback hosts only)' }),
    claimPath: () => claimPath as z.ZodType<ClaimPath>,
    claimMap: (refused) => claimMap(refused),
  };
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

/** An object that refuses unknown keys and says which key may have been meant. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const hints = issue.keys.map((key) => suggest(key, known)).filter((hint) => hint !== undefined);
      return hints.length > 0
        ? `did you mean ${hints.map((hint) => `"${hint}"`).join(', ')}?`
        : `one of ${known.join(', ')}`;
    },
  }) as unknown as z.ZodObject<Shape>;
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
