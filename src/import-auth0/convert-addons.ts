import { formatPath } from '../config/path.js';
import { isRecord } from '../lib/json.js';
import { clampNumber } from './addon-fields.js';
import { type ConversionContext, type ImportedClient, setField, setSecretReference } from './imported-client.js';
import { readExportedSecret } from './secret-references.js';

/** Converts the add-ons of a client, with a note for each that is left out. */
export function convertAddons(given: unknown, client: ImportedClient, context: ConversionContext): void {
  const addons: Record<string, Record<string, unknown>> = {};
  client.fields.addons = addons;
  for (const [name, config] of Object.entries(isRecord(given) ? given : {})) {
    if (config === null) continue;
    if (!context.addons.has(name)) {
      const path = formatPath(['addons', name]);
      context.note(client.label, `${path} does not issue a credential for another service: left out`, 'loss');
    } else if (!isRecord(config) || Object.values(config).every((value) => isBlank(value))) {
      context.note(client.label, `addons.${name} is not configured: left out`, 'information');
    } else {
      addons[name] = {};
      for (const [field, value] of Object.entries(config))
        convertField(['addons', name, field], value, client, context);
    }
  }
}

function convertField(
  path: readonly ['addons', string, string],
  value: unknown,
  client: ImportedClient,
  context: ConversionContext,
): void {
  if (isBlank(value)) return;
  const [, name, field] = path;
  const known = context.addons.get(name)?.get(field);
  const note = (sentence: string) => context.note(client.label, sentence, 'loss');
  if (!known) note(`${formatPath(path)} has no counterpart in gateway.yaml: left out`);
  else if (known.secret) setSecretReference(client, path, readExportedSecret(value), context);
  else setField(client, path, known.integer ? clampNumber(formatPath(path), value, known, note) : value);
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}
