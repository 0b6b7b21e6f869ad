import type { AddonDefinition, CredentialType } from '../../../addons/addon.js';
import type { IssuedCredential } from '../../../delegation/issue.js';
import type { Builder } from './builder.js';

/** Adds the enum ApiType, with a value for each add-on. */
export function addApiType(builder: Builder, addons: readonly AddonDefinition[]) {
  return builder.enumType('ApiType', {
    description: 'A kind of credential: an add-on that the target application is configured for.',
    values: Object.fromEntries(
      addons.map(({ apiType, description, retired }) => [
        apiType,
        { value: apiType, description, ...(retired !== undefined && { deprecationReason: retired }) },
      ]),
    ) as Record<string, { value: string; description: string; deprecationReason?: string }>,
  });
}

export type ApiTypeRef = ReturnType<typeof addApiType>;

/** Adds the interface Credential, and the object types of the add-ons. */
export function addCredentialTypes(builder: Builder, apiType: ApiTypeRef, addons: readonly AddonDefinition[]) {
  const typeNames = new Map(addons.map((addon) => [addon.apiType, addon.credential.name]));
  const credential = builder.interfaceRef<IssuedCredential>('Credential').implement({
    description: 'A credential that another service takes. Ask for the fields of its own type with an inline fragment.',
    resolveType: ({ apiType }) => typeNames.get(apiType),
    fields: (t) => ({
      token: t.exposeString('token', {
        description:
          'What the service accepts; its own type says how to present it. For AWS it is the session token, one of three parts. Keep it as safe as a password.',
      }),
      tokenType: t.exposeString('tokenType', {
        description:
          'The scheme of an Authorization header: Bearer, or SharedAccessSignature for Azure. AWS4-HMAC-SHA256 means that requests are signed with the credential, which an AWS SDK does.',
      }),
      apiType: t.field({ type: apiType, description: 'The add-on that made it.', resolve: (each) => each.apiType }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it ends; null where the service does not say.',
        resolve: ({ expiresAt }) => (expiresAt === null ? null : new Date(expiresAt * 1000)),
      }),
      expiresIn: t.exposeInt('expiresIn', {
        nullable: true,
        description: 'Seconds that it is good for, counted from its issue; null where the service does not say.',
      }),
    }),
  });
  const types = new Map(addons.map((addon) => [addon.credential.name, addon.credential]));
  for (const type of types.values()) credentialObject(builder, credential, type);
  return credential;
}

function credentialObject(
  builder: Builder,
  credential: ReturnType<typeof addCredentialTypes>,
  type: CredentialType,
): void {
  builder.objectRef<IssuedCredential>(type.name).implement({
    description: type.description,
    interfaces: [credential],
    fields: (t) => ({
      ...(type.token !== undefined && {
        token: t.exposeString('token', { description: `${type.token} Keep it as safe as a password.` }),
      }),
      ...Object.fromEntries(
        Object.entries(type.fields).map(([name, { type: declared, nullable = false, description }]) => [
          name,
          t.field({
            type: typeof declared === 'string' ? declared : [declared[0]],
            nullable,
            description,
            resolve: ({ fields }) => fields[name],
          }),
        ]),
      ),
    }),
  });
}
