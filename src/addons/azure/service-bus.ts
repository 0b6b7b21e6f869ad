import { createHmac, createSecretKey } from 'node:crypto';
import * as z from 'zod';
import { type ConfigFields, defineAddon } from '../addon.js';
import { DEFAULT_MINUTES, isOneLine, minutes } from '../shared/config-fields.js';

function configSchema(fields: ConfigFields) {
  const text = (expected: string) => z.string().max(260).refine(isOneLine, { error: expected });
  return fields.object({
    namespace: z
      .string()
      .max(253)
      .regex(/^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/, {
        error: 'a namespace such as acme, or its host name, without scheme, port or path',
      })
      .describe('The namespace of Service Bus or Event Hubs: acme for acme.servicebus.windows.net, or a host name.'),
    sasKeyName: text('the name of a shared access policy, without control characters')
      .min(1)
      .describe('The name of the shared access policy.'),
    sasKey: fields
      .secret({ pattern: /^.+$/su, expected: 'a key that is not empty' })
      .describe('The primary or secondary key of that policy, as the portal shows it.'),
    entityPath: text('the path of an entity, without control characters')
      .refine((path) => !path.startsWith('/'), { error: 'the path of an entity, without a leading slash' })
      .optional()
      .describe('A queue, a topic or topic/subscriptions/name. Default: the whole namespace.'),
    expiration: minutes().default(DEFAULT_MINUTES).describe('How long the token is valid, in minutes.'),
  });
}

/**
 * A SAS token for a namespace of Service Bus or Event Hubs, or for one of its entities
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas).
 */
export const azureSb = defineAddon({
  name: 'azure_sb',
  apiType: 'AZURE_SB',
  description: 'A shared access signature for Azure Service Bus.',
  config: configSchema,
  credential: {
    name: 'AzureServiceBusSas',
    description: 'A shared access signature (SAS) for Azure Service Bus.',
    token: 'The value of the Authorization header: `SharedAccessSignature sr=…`.',
    fields: {
      resourceUri: { type: 'String', description: 'The namespace or the entity that it gives access to.' },
    },
  },
  create({ namespace, sasKeyName, sasKey, entityPath, expiration }) {
    const host = namespace.includes('.') ? namespace : `${namespace}.servicebus.windows.net`;
    const resourceUri = `http://${host}/${entityPath ?? ''}`;
    const sr = encodeURIComponent(resourceUri);
    const skn = encodeURIComponent(sasKeyName);
    // Service Bus uses the key as text, although it looks like base64.
    const key = createSecretKey(sasKey, 'utf8');
    const expiresIn = expiration * 60;
    return {
      issue({ nowSeconds }) {
        const se = nowSeconds + expiresIn;
        const sig = encodeURIComponent(createHmac('sha256', key).update(`${sr}\n${se}`).digest('base64'));
        return {
          token: `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}&skn=${skn}`,
          tokenType: 'SharedAccessSignature',
          expiresAt: se,
          expiresIn,
          fields: { resourceUri },
          issued: { resource: resourceUri, policy: sasKeyName },
        };
      },
    };
  },
  legacyBody: ({ token }) => ({ azure_sb_sas: token }),
});
