/** The scalars that a field of a credential may have, and the TypeScript type of their values. */
export interface FieldScalars {
  readonly String: string;
  readonly ID: string;
  /** A whole number of 32 bits (GraphQL, section 3.5.1). */
  readonly Int: number;
  readonly Boolean: boolean;
  readonly DateTime: Date;
}

type ScalarName = keyof FieldScalars;

export interface FieldDescriptor {
  /** A scalar, or a list of one, whose items are never null: `['String']`. */
  readonly type: ScalarName | readonly [ScalarName];
  readonly description: string;
  /** Whether the field may be null. Default: false. */
  readonly nullable?: boolean;
}

export type FieldDescriptors = Readonly<Record<string, FieldDescriptor>>;

/** A GraphQL object type: the fields that it has beside those of the interface Credential. Add-ons may share one. */
export interface CredentialType<Fields extends FieldDescriptors = FieldDescriptors> {
  readonly name: string;
  readonly description: string;
  /** What `token` is and how to present it. Default: the description of `Credential.token`. */
  readonly token?: string;
  readonly fields: Fields;
}

type TypeValue<Type> = Type extends ScalarName
  ? FieldScalars[Type]
  : Type extends readonly [infer Item extends ScalarName]
    ? readonly FieldScalars[Item][]
    : never;

/** The value of a described field. */
export type FieldValue<Field extends FieldDescriptor = FieldDescriptor> =
  | TypeValue<Field['type']>
  | ('nullable' extends keyof Field ? (true extends Field['nullable'] ? null : never) : never);

/** The values of described fields, by name. */
export type FieldValues<Fields extends FieldDescriptors = FieldDescriptors> = {
  readonly [Name in keyof Fields]: FieldValue<Fields[Name]>;
};

/** What `issue` returns. An add-on may put beside `fields` what its legacy body needs. */
export interface Credential<Fields = FieldValues> {
  /** What the caller presents to the service. */
  readonly token: string;
  readonly tokenType: string;
  /** Epoch seconds; null if the service does not report it. */
  readonly expiresAt: number | null;
  /** Seconds; null if the service does not report it. */
  readonly expiresIn: number | null;
  /** The fields of the add-on's own GraphQL type. */
  readonly fields: Fields;
  /** What the audit event says of the credential beside its expiry, such as its scope or role. Nothing secret. */
  readonly issued?: Readonly<Record<string, string>>;
}

/** The legacy body of a credential that is one JWT. Typed mobile clients need all three members. */
export function idTokenBody(credential: Pick<Credential, 'token' | 'tokenType' | 'expiresIn'>) {
  return { token_type: credential.tokenType, expires_in: credential.expiresIn, id_token: credential.token };
}
