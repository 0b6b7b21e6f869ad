import type { AddonDefinition, InputType } from './addon.js';

/** The input objects of a table of add-ons, each once: some add-ons share one. */
export function inputTypes(addons: readonly AddonDefinition[]): InputType[] {
  return [...new Map(addons.flatMap(({ input }) => (input ? [[input.name, input] as const] : []))).values()];
}
