import type { SigningAlgorithm } from '../keys/algorithms.js';
import type { AddonFields } from './addon-fields.js';
import type { NoteKind } from './notes.js';
import type { SecretNames, SecretReference } from './secret-references.js';

/** A client of the export; every accepted one has a `client_id`. */
export type Auth0Client = Readonly<Record<string, unknown>> & { readonly client_id: string };

/** A client in the form of gateway.yaml, while the importer builds it. */
export interface ImportedClient {
  /** Names the client in notes and comments. */
  readonly label: string;
  /** The name or id that its environment variables begin with. */
  readonly owner: string;
  /** The fields for gateway.yaml. */
  readonly fields: Record<string, unknown> & { addons?: Record<string, Record<string, unknown>> };
  /** Its secrets, by their path below the client: `addons.firebase.private_key`. */
  readonly secrets: Map<string, SecretReference>;
  /** Whether `allowed_clients` was empty, which allows every client in Auth0. */
  readonly openToAll: boolean;
}

/** What the conversion of one client needs to know of the others, and where it reports to. */
export interface ConversionContext {
  /** The fields of each add-on, by its name. */
  readonly addons: ReadonlyMap<string, AddonFields>;
  readonly clientIds: ReadonlySet<string>;
  readonly names: SecretNames;
  /** The algorithm of clients that name none. */
  readonly defaultAlg: SigningAlgorithm | undefined;
  /** Adds a note for the operator. */
  readonly note: (label: string, sentence: string, kind: NoteKind) => void;
  /** Counts a field that delegation does not use. */
  readonly countUnused: (field: string) => void;
}

/** Sets a field; the mappings above it must be there. */
export function setField({ fields }: ImportedClient, path: readonly string[], value: unknown): void {
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, fields);
  parent[path.at(-1) as string] = value;
}

/** Puts `{ env: NAME }` in the place of a secret, and records the reference. */
export function setSecretReference(
  client: ImportedClient,
  path: readonly string[],
  value: string | undefined,
  { names }: Pick<ConversionContext, 'names'>,
): void {
  const at = path.join('.');
  const env = names.create(client.owner, ...path.filter((step) => step !== 'addons'));
  setField(client, path, { env });
  const hint = value === undefined ? 'not in the export' : undefined;
  client.secrets.set(at, { env, description: `${client.label}, ${at}`, value, hint });
}
